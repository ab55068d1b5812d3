//! Frames, their times and damage.
