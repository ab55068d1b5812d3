//! What stands between the two layers of an MLP.

/// An activation; the names are those of `hidden_act` in configurations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Activation {
    /// `x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))`, the same as `x · sigmoid(2·…)`.
    GeluTanh,
    /// `x/2 · (1 + erf(x/√2))`.
    Gelu,
    /// `x · sigmoid(1.702 x)`.
    QuickGelu,
}

impl Activation {
    pub fn named(name: &str) -> Result<Self, String> {
        match name {
            "gelu_pytorch_tanh" => Ok(Self::GeluTanh),
            "gelu" => Ok(Self::Gelu),
            "quick_gelu" => Ok(Self::QuickGelu),
            _ => Err(format!(
                "the activation {name:?} is not known here; gelu, quick_gelu and gelu_pytorch_tanh are"
            )),
        }
    }
}
