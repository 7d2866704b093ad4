//! khw-unit: see its man page.
