//! khw-proxy-conf: see its man page.
