//! Products of bf16 values, summed in single precision, for processors with instructions for them. Values are rounded as
//! operands are packed; everything outside a product stays in single precision.

#[cfg(target_arch = "x86_64")]
mod amx;
pub mod attention;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod kernel;
mod lines;
mod panels;

pub use kernel::Bf16Kernel;
pub use panels::Panels;
