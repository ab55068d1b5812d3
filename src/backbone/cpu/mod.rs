//! Kernels for the processor, without gradients: the arithmetic of burn's modules, made for the processor at hand.
//!
//! Weights are packed once in the order in which the inner loop reads them; query, key and value projections are one product;
//! bias, activation and residual are applied while a tile of the result is still in the cache; buffers live as long as a batch.

mod activation;
pub mod attention;
pub mod bf16;
pub mod encoder;
mod finish;
pub mod kernel;
pub mod linear;
pub mod norm;
pub mod pooling;
mod rows;
pub mod text;

pub(super) use kernel::Isa;
