//! khw-kubelet-conf: see its man page.
