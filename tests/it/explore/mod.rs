//! Exploration of one clip through the library.

mod exploration;
mod prefetch;
