//! Recorded output, played back.
