//! khw-install: see its man page.
