//! khw-kubeconfig: see its man page.
