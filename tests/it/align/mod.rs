//! The alignment mathematics against references, brute force and its own laws.

mod affinity;
mod dtw;
mod order;
mod reference;
mod rules;
mod smooth;
