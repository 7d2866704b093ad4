//! khw-cert: see its man page.
