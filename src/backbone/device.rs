//! Devices. The backend is chosen at run time among those compiled in.

use std::fmt;
use std::num::NonZero;

use burn::tensor::{DType, Device};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::bf16_speed;
use super::cpu::Isa;
use super::cpu::bf16::Bf16Kernel;
use super::cpu::linear::Packing;

/// The device that the user asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum DeviceChoice {
    /// The best device: CUDA, then a GPU through wgpu, then the CPU.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// A GPU through Vulkan, Metal, DX12 or OpenGL.
    Wgpu,
    /// An NVIDIA GPU through CUDA.
    Cuda,
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.to_possible_value().expect("a name").get_name())
    }
}

/// The precision that the user asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum PrecisionChoice {
    /// The fastest that is measured to keep embeddings within a cosine of 0.9999 of f32: bf16 on a processor with fast
    /// instructions for it, else f32.
    Auto,
    /// Single precision.
    #[default]
    F32,
    /// Half the memory; a GPU also computes in it, the processor computes in f32.
    F16,
    /// Half the memory; a processor with fast instructions for it also computes in it, and so does CUDA.
    Bf16,
}

impl From<Precision> for PrecisionChoice {
    fn from(precision: Precision) -> Self {
        match precision {
            Precision::F32 => Self::F32,
            Precision::F16 => Self::F16,
            Precision::Bf16 => Self::Bf16,
        }
    }
}

/// Precision of the weights in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Single precision.
    #[default]
    F32,
    /// Half precision. A GPU also computes in it; the processor computes in single precision.
    F16,
    /// The upper half of single precision. A processor with fast instructions for it also computes in it, summing in
    /// single precision, and so does CUDA.
    Bf16,
}

impl Precision {
    pub(super) fn dtype(self) -> DType {
        match self {
            Self::F32 => DType::F32,
            Self::F16 => DType::F16,
            Self::Bf16 => DType::BF16,
        }
    }
}

/// A device that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    #[error(
        "this build has no {0} support; reinstall with `cargo install actalign-tui --features {0}`, or use --device auto"
    )]
    NotCompiled(DeviceChoice),
    #[error("{0} finds no device on this machine; check its driver, or use --device auto")]
    NoAdapter(DeviceChoice),
    #[error("{0} does not compute in bf16\nhelp: use --precision f16, or --device cpu")]
    NoBf16(DeviceChoice),
}

/// A chosen device with its settings.
#[derive(Debug, Clone)]
pub struct ComputeDevice {
    device: Device,
    kind: Kind,
    /// The instruction set, if the model runs on the kernels of the processor.
    isa: Option<Isa>,
    precision: Precision,
    /// The kernel for bf16, if the processor is faster with it than in f32.
    bf16: Option<Bf16Kernel>,
    /// Items embedded at a time, if the user sets it.
    batch: Option<NonZero<usize>>,
}

/// Items that one thread of the processor embeds together: more would cost memory and gain nothing.
pub(super) const LANE_BATCH: usize = 4;
/// Positions (patches or tokens) that a GPU computes together: enough to keep it busy, and a few GB of activations.
const GPU_POSITIONS: usize = 16_384;
const GPU_BATCH: (usize, usize) = (32, 256);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Cpu,
    #[cfg(feature = "wgpu")]
    Wgpu(&'static str),
    #[cfg(feature = "cuda")]
    Cuda,
}

impl ComputeDevice {
    /// Finds the device. `auto` skips software adapters and those of unknown kind.
    pub fn open(choice: DeviceChoice) -> Result<Self, DeviceError> {
        match choice {
            DeviceChoice::Auto => {
                let gpu = gpus().into_iter().find(Self::is_real);
                Ok(gpu.unwrap_or_else(Self::processor))
            }
            DeviceChoice::Cpu => Ok(Self::processor()),
            DeviceChoice::Wgpu if !cfg!(feature = "wgpu") => Err(DeviceError::NotCompiled(choice)),
            DeviceChoice::Cuda if !cfg!(feature = "cuda") => Err(DeviceError::NotCompiled(choice)),
            DeviceChoice::Wgpu | DeviceChoice::Cuda => {
                // Real adapters come first in the list.
                let wanted = gpus().into_iter().find(|gpu| gpu.choice() == choice);
                wanted.ok_or(DeviceError::NoAdapter(choice))
            }
        }
    }

    /// The same device with weights of another precision. Where it depends on the processor whether it is faster in bf16,
    /// that is measured once and remembered.
    ///
    /// # Errors
    /// If the device does not compute in it.
    pub fn with_precision(self, choice: impl Into<PrecisionChoice>) -> Result<Self, DeviceError> {
        let wants_bf16 = |choice| matches!(choice, PrecisionChoice::Auto | PrecisionChoice::Bf16);
        let choice = choice.into();
        let bf16 = self.isa.filter(|_| wants_bf16(choice)).and_then(bf16_speed::faster_kernel);
        let precision = match choice {
            PrecisionChoice::Auto if bf16.is_some() => Precision::Bf16,
            PrecisionChoice::Auto | PrecisionChoice::F32 => Precision::F32,
            PrecisionChoice::F16 => Precision::F16,
            PrecisionChoice::Bf16 => Precision::Bf16,
        };
        match self.kind {
            #[cfg(feature = "wgpu")]
            Kind::Wgpu(_) if precision == Precision::Bf16 => Err(DeviceError::NoBf16(self.choice())),
            _ => Ok(Self { precision, bf16, ..self }),
        }
    }

    /// The same device with so many images or texts embedded at a time.
    pub fn with_batch(self, batch: Option<NonZero<usize>>) -> Self {
        Self { batch, ..self }
    }

    /// Images or texts of so many positions to embed at a time: few enough to answer a request soon.
    pub(super) fn batch(&self, positions: usize) -> usize {
        let of_device = if self.kind == Kind::Cpu || !self.is_real() {
            LANE_BATCH * rayon::current_num_threads()
        } else {
            (GPU_POSITIONS / positions.max(1)).clamp(GPU_BATCH.0, GPU_BATCH.1)
        };
        self.batch.map_or(of_device, NonZero::get)
    }

    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// All devices that this build can use, the best first and the CPU last. Opens none: a faulty driver may crash the program.
    pub fn list() -> Vec<Self> {
        gpus().into_iter().chain([Self::processor()]).collect()
    }

    /// One line for people, such as `cpu (AVX2, 2 threads)`. Opens the device.
    pub fn describe(&self) -> String {
        #[cfg(any(feature = "wgpu", feature = "cuda"))]
        if let Some(identity) = self.device.identity() {
            return format!("{} {}{}", self.label(), identity.name, self.suffix());
        }
        self.label() + &self.suffix()
    }

    pub(super) fn device(&self) -> &Device {
        &self.device
    }

    /// The instruction set, if the model runs on the kernels of the processor.
    pub(super) fn cpu(&self) -> Option<Isa> {
        self.isa
    }

    /// How the kernels of the processor keep weights.
    pub(super) fn packing(&self) -> Packing {
        match (self.precision, self.bf16) {
            (Precision::F32, _) => Packing::F32,
            (Precision::F16, _) => Packing::F16,
            (Precision::Bf16, None) => Packing::Bf16,
            (Precision::Bf16, Some(kernel)) => Packing::Bf16Products(kernel),
        }
    }

    /// The same device with weights in bf16, multiplied by that kernel.
    #[cfg(test)]
    pub(super) fn with_bf16(self, bf16: Option<Bf16Kernel>) -> Self {
        Self { precision: Precision::Bf16, bf16, ..self }
    }

    /// The processor: its kernels for an instruction set, or burn's own code.
    #[cfg(test)]
    pub(super) fn processor_with(isa: Option<Isa>) -> Self {
        Self { isa, ..Self::processor() }
    }

    fn processor() -> Self {
        Self::new(Device::flex(), Kind::Cpu)
    }

    fn new(device: Device, kind: Kind) -> Self {
        let isa = (kind == Kind::Cpu).then(Isa::detect);
        Self { device, kind, isa, precision: Precision::F32, bf16: None, batch: None }
    }

    /// The choice that selects it; never `auto`.
    pub fn choice(&self) -> DeviceChoice {
        match self.kind {
            Kind::Cpu => DeviceChoice::Cpu,
            #[cfg(feature = "wgpu")]
            Kind::Wgpu(_) => DeviceChoice::Wgpu,
            #[cfg(feature = "cuda")]
            Kind::Cuda => DeviceChoice::Cuda,
        }
    }

    /// Its description, as far as known without opening it.
    pub fn label(&self) -> String {
        match self.kind {
            Kind::Cpu => format!("cpu ({}, {} threads)", Isa::detect(), rayon::current_num_threads()),
            #[cfg(feature = "wgpu")]
            Kind::Wgpu(kind) => format!("wgpu: {kind}"),
            #[cfg(feature = "cuda")]
            Kind::Cuda => "cuda:".into(),
        }
    }

    fn suffix(&self) -> String {
        match (self.precision, self.bf16) {
            (Precision::F32, _) => String::new(),
            (Precision::F16, _) => ", f16".to_owned(),
            (Precision::Bf16, None) => ", bf16".to_owned(),
            (Precision::Bf16, Some(kernel)) => format!(", bf16 by {kernel}"),
        }
    }

    /// Whether `auto` considers it.
    pub fn is_real(&self) -> bool {
        match self.kind {
            #[cfg(feature = "wgpu")]
            Kind::Wgpu(kind) => kind != SOFTWARE && kind != UNKNOWN,
            _ => true,
        }
    }
}

/// GPUs found by the compiled-in backends: CUDA first, software adapters last.
fn gpus() -> Vec<ComputeDevice> {
    #[allow(unused_mut, reason = "a build without GPU backends adds nothing")]
    let mut found: Vec<ComputeDevice> = Vec::new();
    #[cfg(feature = "cuda")]
    {
        let devices = burn::tensor::Device::enumerate(burn::tensor::DeviceType::Cuda);
        found.extend(devices.into_iter().map(|device| ComputeDevice::new(device, Kind::Cuda)));
    }
    #[cfg(feature = "wgpu")]
    found.extend(wgpu_adapters());
    found
}

#[cfg(feature = "wgpu")]
const SOFTWARE: &str = "software adapter";
#[cfg(feature = "wgpu")]
const UNKNOWN: &str = "adapter of unknown kind";

/// Adapters by kind. The backend does not report the kind of a device, but equal devices compare equal.
#[cfg(feature = "wgpu")]
fn wgpu_adapters() -> Vec<ComputeDevice> {
    use burn::tensor::{DeviceKind, DeviceType};

    let mut rest: Vec<Device> = Device::enumerate(DeviceType::Wgpu).into_vec();
    let mut found = Vec::new();
    let mut take = |kind: DeviceKind, name: &'static str| {
        let wanted = Device::wgpu(kind);
        if let Some(at) = rest.iter().position(|device| *device == wanted) {
            found.push(ComputeDevice::new(rest.remove(at), Kind::Wgpu(name)));
        }
    };
    const MOST: usize = 16;
    (0..MOST).for_each(|i| take(DeviceKind::DiscreteGpu(i), "discrete GPU"));
    (0..MOST).for_each(|i| take(DeviceKind::IntegratedGpu(i), "integrated GPU"));
    (0..MOST).for_each(|i| take(DeviceKind::VirtualGpu(i), "virtual GPU"));
    // Not all OpenGL drivers report their kind, nor do all software ones.
    let software = Device::wgpu(DeviceKind::Cpu);
    let (software, unknown): (Vec<_>, Vec<_>) = rest.into_iter().partition(|device| *device == software);
    for (devices, name) in [(unknown, UNKNOWN), (software, SOFTWARE)] {
        found.extend(devices.into_iter().map(|device| ComputeDevice::new(device, Kind::Wgpu(name))));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_always_there_and_listed_last() {
        let cpu = ComputeDevice::open(DeviceChoice::Cpu).unwrap();
        assert!(cpu.describe().starts_with("cpu ("), "{}", cpu.describe());
        let last = ComputeDevice::list().pop().unwrap();
        assert_eq!((last.choice(), last.label()), (DeviceChoice::Cpu, cpu.describe()));
    }

    #[test]
    fn auto_takes_the_first_real_device() {
        let first = ComputeDevice::list().into_iter().find(ComputeDevice::is_real).unwrap();
        assert_eq!(ComputeDevice::open(DeviceChoice::Auto).unwrap().choice(), first.choice());
    }

    #[test]
    fn auto_takes_bf16_where_the_processor_is_faster_in_it_and_says_so() {
        let device = ComputeDevice::open(DeviceChoice::Cpu).unwrap();
        let device = device.with_precision(PrecisionChoice::Auto).unwrap();
        let (precision, packing) = match bf16_speed::faster_kernel(Isa::detect()) {
            Some(kernel) => (Precision::Bf16, Packing::Bf16Products(kernel)),
            None => (Precision::F32, Packing::F32),
        };
        assert_eq!((device.precision(), device.packing()), (precision, packing));
        assert_eq!(device.describe().contains("bf16"), precision == Precision::Bf16, "{}", device.describe());
    }

    #[cfg(not(any(feature = "wgpu", feature = "cuda")))]
    #[test]
    fn a_missing_backend_is_named_with_its_feature() {
        for (choice, feature) in [(DeviceChoice::Wgpu, "wgpu"), (DeviceChoice::Cuda, "cuda")] {
            let message = ComputeDevice::open(choice).unwrap_err().to_string();
            assert!(message.contains(&format!("--features {feature}")), "{message}");
        }
    }
}
