//! Inputs that name other inputs.
