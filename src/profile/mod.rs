//! Ordered module lists.
