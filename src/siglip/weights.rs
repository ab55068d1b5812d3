//! `model.safetensors`: its header is checked against the configuration before a single weight is read, so
//! that a file that does not fit is refused with the name of the tensor.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::tensor::{DType, bf16, f16};
use burn_store::{FloatCastAdapter, ModuleAdapter, ModuleSnapshot, PyTorchToBurnAdapter, SafetensorsStore};
use safetensors::Dtype;
use safetensors::tensor::TensorInfo;

use super::config::{Config, TextConfig, VisionConfig};
use super::error::ModelError;

/// A weight file whose header has been read.
#[derive(Debug)]
pub(super) struct WeightFile {
    path: PathBuf,
    tensors: BTreeMap<String, TensorInfo>,
    /// Where the data starts, in bytes from the start of the file.
    data_start: u64,
}

/// Larger headers do not occur (this is the format's own limit).
const MAX_HEADER: u64 = 100_000_000;

impl WeightFile {
    /// Reads the header and checks that the file holds all that the header promises.
    pub fn open(path: &Path) -> Result<Self, ModelError> {
        let read = |e| ModelError::read(path, e);
        let mut file = File::open(path).map_err(read)?;
        let length = file.metadata().map_err(read)?.len();
        let truncated = || ModelError::damaged(path, format!("it ends early, at {length} bytes"));
        let mut size = [0; 8];
        file.read_exact(&mut size).map_err(|_| truncated())?;
        let size = u64::from_le_bytes(size);
        if size > MAX_HEADER {
            return Err(ModelError::damaged(path, "it is not a safetensors file"));
        }
        if size + 8 > length {
            return Err(truncated());
        }
        let mut header = vec![0; size as usize];
        file.read_exact(&mut header).map_err(read)?;
        let mut entries: BTreeMap<String, serde_json::Value> = serde_json::from_slice(&header)
            .map_err(|e| ModelError::damaged(path, format!("its header: {e}")))?;
        entries.remove("__metadata__");
        let tensors = entries
            .into_iter()
            .map(|(name, entry)| match serde_json::from_value(entry) {
                Ok(info) => Ok((name, info)),
                Err(e) => Err(ModelError::damaged(path, format!("its header, tensor {name}: {e}"))),
            })
            .collect::<Result<BTreeMap<String, TensorInfo>, _>>()?;
        let data_start = size + 8;
        let end = tensors.values().map(|t| t.data_offsets.1 as u64).max().unwrap_or(0);
        if end > length - data_start {
            return Err(truncated());
        }
        Ok(Self { path: path.to_path_buf(), tensors, data_start })
    }

    /// Checks that every tensor of both towers is there with the right shape and a type that can be read.
    pub fn check(&self, config: &Config) -> Result<(), ModelError> {
        for (name, shape) in shapes(config) {
            let info = self.tensor(&name)?;
            if info.shape != shape {
                return Err(ModelError::weights(
                    &self.path,
                    format!("tensor {name} has the shape {:?}, not {shape:?}", info.shape),
                ));
            }
        }
        Ok(())
    }

    fn tensor(&self, name: &str) -> Result<&TensorInfo, ModelError> {
        let info = self
            .tensors
            .get(name)
            .ok_or_else(|| ModelError::weights(&self.path, format!("tensor {name} is missing")))?;
        match info.dtype {
            Dtype::F32 | Dtype::F16 | Dtype::BF16 => Ok(info),
            other => Err(ModelError::unsupported(
                &self.path,
                format!("tensor {name} is stored as {other:?}; use a checkpoint in F32, F16 or BF16"),
            )),
        }
    }

    /// A tensor of one value.
    pub fn scalar(&self, name: &str) -> Result<f32, ModelError> {
        let info = self.tensor(name)?;
        if info.shape.iter().product::<usize>() != 1 {
            return Err(ModelError::weights(
                &self.path,
                format!("tensor {name} has the shape {:?}, not one value", info.shape),
            ));
        }
        let mut bytes = [0; 4];
        let used = if info.dtype == Dtype::F32 { 4 } else { 2 };
        let mut file = File::open(&self.path).map_err(|e| ModelError::read(&self.path, e))?;
        file.seek(SeekFrom::Start(self.data_start + info.data_offsets.0 as u64))
            .and_then(|_| file.read_exact(&mut bytes[..used]))
            .map_err(|e| ModelError::read(&self.path, e))?;
        let half = [bytes[0], bytes[1]];
        let value = match info.dtype {
            Dtype::F16 => f16::from_le_bytes(half).to_f32(),
            Dtype::BF16 => bf16::from_le_bytes(half).to_f32(),
            _ => f32::from_le_bytes(bytes),
        };
        if !value.is_finite() {
            return Err(ModelError::damaged(&self.path, format!("tensor {name} is {value}")));
        }
        Ok(value)
    }

    /// Hands all that the tensors of one tower hold to `take`, in the order of the file.
    pub fn read_tower(&self, prefix: &str, mut take: impl FnMut(&[u8])) -> io::Result<()> {
        let mut tensors: Vec<_> = self.tensors.iter().filter(|(name, _)| name.starts_with(prefix)).collect();
        tensors.sort_by_key(|(_, info)| info.data_offsets);
        let mut file = File::open(&self.path)?;
        let mut piece = vec![0; 1 << 20];
        for (name, info) in tensors {
            take(format!("{name} {:?} {:?} ", info.dtype, info.shape).as_bytes());
            let (start, end) = info.data_offsets;
            file.seek(SeekFrom::Start(self.data_start + start as u64))?;
            let mut left = end - start;
            while left > 0 {
                let length = left.min(piece.len());
                file.read_exact(&mut piece[..length])?;
                take(&piece[..length]);
                left -= length;
            }
        }
        Ok(())
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Fills a module whose fields are named as the tensors are. Half precision becomes f32.
    pub fn load<M: Module>(&self, module: &mut M) -> Result<(), ModelError> {
        File::open(&self.path).map_err(|e| ModelError::read(&self.path, e))?;
        let adapter = PyTorchToBurnAdapter.chain(FloatCastAdapter::to(DType::F32));
        let mut store = SafetensorsStore::from_file(&self.path).with_from_adapter(adapter);
        module.load_from(&mut store).map_err(|e| ModelError::damaged(&self.path, e))?;
        Ok(())
    }
}

/// Names and shapes of both towers' tensors.
pub(super) fn shapes(config: &Config) -> Vec<(String, Vec<usize>)> {
    let mut shapes = vision_shapes(&config.vision_config);
    shapes.extend(text_shapes(&config.text_config));
    shapes
}

/// Names and shapes of the image tower's tensors.
fn vision_shapes(config: &VisionConfig) -> Vec<(String, Vec<usize>)> {
    let (hidden, mlp, patch) = (config.hidden_size, config.intermediate_size, config.patch_size());
    let mut shapes = Shapes::new("vision_model.");
    shapes.add("embeddings.patch_embedding.weight", &[hidden, 3, patch, patch]);
    shapes.add("embeddings.patch_embedding.bias", &[hidden]);
    shapes.add("embeddings.position_embedding.weight", &[config.grid() * config.grid(), hidden]);
    shapes.add_layers(config.num_hidden_layers, hidden, mlp);
    shapes.add_norm("post_layernorm", hidden);
    shapes.add("head.probe", &[1, 1, hidden]);
    shapes.add("head.attention.in_proj_weight", &[3 * hidden, hidden]);
    shapes.add("head.attention.in_proj_bias", &[3 * hidden]);
    shapes.add_linear("head.attention.out_proj", hidden, hidden);
    shapes.add_norm("head.layernorm", hidden);
    shapes.add_linear("head.mlp.fc1", hidden, mlp);
    shapes.add_linear("head.mlp.fc2", mlp, hidden);
    shapes.list
}

/// Names and shapes of the text tower's tensors.
fn text_shapes(config: &TextConfig) -> Vec<(String, Vec<usize>)> {
    let hidden = config.hidden_size;
    let mut shapes = Shapes::new("text_model.");
    shapes.add("embeddings.token_embedding.weight", &[config.vocab_size, hidden]);
    shapes.add("embeddings.position_embedding.weight", &[config.max_position_embeddings, hidden]);
    shapes.add_layers(config.num_hidden_layers, hidden, config.intermediate_size);
    shapes.add_norm("final_layer_norm", hidden);
    shapes.add_linear("head", hidden, config.projection_size());
    shapes.list
}

struct Shapes {
    prefix: &'static str,
    list: Vec<(String, Vec<usize>)>,
}

impl Shapes {
    fn new(prefix: &'static str) -> Self {
        Self { prefix, list: Vec::new() }
    }

    fn add(&mut self, name: &str, shape: &[usize]) {
        self.list.push((format!("{}{name}", self.prefix), shape.to_vec()));
    }

    fn add_linear(&mut self, name: &str, input: usize, output: usize) {
        self.add(&format!("{name}.weight"), &[output, input]);
        self.add(&format!("{name}.bias"), &[output]);
    }

    fn add_norm(&mut self, name: &str, hidden: usize) {
        self.add(&format!("{name}.weight"), &[hidden]);
        self.add(&format!("{name}.bias"), &[hidden]);
    }

    fn add_layers(&mut self, layers: usize, hidden: usize, mlp: usize) {
        for layer in 0..layers {
            let name = |part: &str| format!("encoder.layers.{layer}.{part}");
            for projection in ["q_proj", "k_proj", "v_proj", "out_proj"] {
                self.add_linear(&name(&format!("self_attn.{projection}")), hidden, hidden);
            }
            for norm in ["layer_norm1", "layer_norm2"] {
                self.add_norm(&name(norm), hidden);
            }
            self.add_linear(&name("mlp.fc1"), hidden, mlp);
            self.add_linear(&name("mlp.fc2"), mlp, hidden);
        }
    }
}
