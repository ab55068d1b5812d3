//! The alignment mathematics against references, brute force and its own laws.

mod affinity;
mod dtw;
mod reference;
mod smooth;
