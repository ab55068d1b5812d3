//! Checkpoints that are incomplete, damaged or prepared in another way.
