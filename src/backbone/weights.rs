//! One safetensors file, or several with an index; headers are checked against the configuration first.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use burn::module::Module;
use burn::tensor::{DType, bf16, f16};
use burn_store::{FloatCastAdapter, ModuleAdapter, ModuleSnapshot, PyTorchToBurnAdapter, SafetensorsStore};
use memmap2::Mmap;
use rayon::prelude::*;
use safetensors::Dtype;
use safetensors::tensor::TensorInfo;
use serde::Deserialize;

use super::error::ModelError;
use super::facts::Tower;
use super::file;
use super::weight_file::WeightFile;

/// How a family names its tensors.
#[derive(Debug)]
pub(super) struct WeightLayout {
    /// How the names of the image tower's and the text tower's tensors begin.
    pub towers: [&'static [&'static str]; 2],
    /// Tensors that every checkpoint has: what stands before their names is a prefix of all names.
    pub anchors: [&'static str; 2],
}

impl WeightLayout {
    /// Whether a tensor belongs to a tower.
    fn is_of(&self, tower: Tower, tensor: &str) -> bool {
        self.towers[tower as usize].iter().any(|start| tensor.starts_with(start))
    }
}

/// The valid headers of all files.
#[derive(Debug)]
pub(super) struct Weights {
    /// The file, or the index of several files.
    path: PathBuf,
    files: Vec<WeightFile>,
    /// Prefix of all names in the files, such as `model.`; removed in `tensors`.
    prefix: String,
    layout: &'static WeightLayout,
    tensors: BTreeMap<String, Tensor>,
}

#[derive(Debug)]
struct Tensor {
    info: TensorInfo,
    file: usize,
}

/// `model.safetensors.index.json`: the file of each tensor.
#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

impl Weights {
    /// Reads and checks the headers of all weight files.
    pub fn open(dir: &Path, layout: &'static WeightLayout) -> Result<Self, ModelError> {
        file::refuse_adapters(dir)?;
        let (single, index) = (dir.join("model.safetensors"), dir.join("model.safetensors.index.json"));
        if file::is_there(&single)? {
            let (file, tensors) = WeightFile::open(&single)?;
            let tensors = tensors.into_iter().map(|(name, info)| (name, Tensor { info, file: 0 })).collect();
            return Self::new(single, vec![file], layout, tensors);
        }
        if file::is_there(&index)? {
            return Self::open_index(&index, dir, layout);
        }
        Err(ModelError::MissingFile { path: single, hint: file::folder_hint(dir) })
    }

    /// Removes the prefix of all names.
    fn new(
        path: PathBuf,
        files: Vec<WeightFile>,
        layout: &'static WeightLayout,
        tensors: BTreeMap<String, Tensor>,
    ) -> Result<Self, ModelError> {
        if let Some(name) =
            tensors.keys().find(|name| name.contains("lora_") || name.contains(".base_layer."))
        {
            return Err(ModelError::wrong_file(
                &path,
                format!("a file with adapters (tensor {name}), which are not applied here"),
                "merge them into their base model (`merge_and_unload()`) and save that as a checkpoint",
            ));
        }
        let prefix = prefix(tensors.keys(), &layout.anchors)
            .map_err(|reason| ModelError::unsupported(&path, reason))?;
        let tensors = tensors
            .into_iter()
            .filter_map(|(name, tensor)| Some((name.strip_prefix(&prefix)?.to_owned(), tensor)))
            .collect();
        Ok(Self { path, files, prefix, layout, tensors })
    }

    /// The ignored prefix of all names in the files.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    fn open_index(index: &Path, dir: &Path, layout: &'static WeightLayout) -> Result<Self, ModelError> {
        let Index { weight_map } = file::json(index)?;
        let damaged = |reason: String| Err(ModelError::damaged(index, reason));
        let names: BTreeSet<&String> = weight_map.values().collect();
        let (mut files, mut headers, mut numbers) = (Vec::new(), Vec::new(), HashMap::new());
        for name in names {
            // The index must not name files elsewhere.
            if Path::new(name).file_name().is_none_or(|file| file != name.as_str()) {
                return damaged(format!("it names {name:?}, which is no file beside it"));
            }
            let path = dir.join(name);
            if !file::is_there(&path)? {
                let hint = format!("{} names it, fetch it too", index.display());
                return Err(ModelError::MissingFile { path, hint });
            }
            let (file, tensors) = WeightFile::open(&path)?;
            numbers.insert(name, files.len());
            files.push(file);
            headers.push(tensors);
        }
        let mut holders: HashMap<&String, usize> = HashMap::new();
        for (number, name) in
            headers.iter().enumerate().flat_map(|(n, header)| header.keys().map(move |name| (n, name)))
        {
            if let Some(other) = holders.insert(name, number) {
                let (one, other) = (files[other].path.display(), files[number].path.display());
                return damaged(format!("tensor {name} is both in {one} and in {other}"));
            }
        }
        let mut tensors = BTreeMap::new();
        for (name, file) in &weight_map {
            let number = numbers[file];
            let info = headers[number].remove(name).ok_or_else(|| {
                ModelError::weights(
                    &files[number].path,
                    format!("tensor {name} is missing, which the index places here"),
                )
            })?;
            tensors.insert(name.clone(), Tensor { info, file: number });
        }
        Self::new(index.to_path_buf(), files, layout, tensors)
    }

    /// Checks that both towers have every tensor with the right shape and a readable type, and no tensor that the
    /// configuration does not describe: it would be ignored silently.
    pub fn check(&self, shapes: &[(String, Vec<usize>)]) -> Result<(), ModelError> {
        let refuse = |name: &str, reason: String| Err(ModelError::weights(self.path_of(name), reason));
        for (name, shape) in shapes {
            let found = &self.tensor(name)?.info.shape;
            if found != shape {
                return refuse(name, format!("tensor {name} has the shape {found:?}, not {shape:?}"));
            }
        }
        let known: HashSet<&str> = shapes.iter().map(|(name, _)| name.as_str()).collect();
        let is_unknown = |name: &&String| {
            Tower::BOTH.iter().any(|tower| self.layout.is_of(*tower, name))
                && !known.contains(name.as_str())
                && !is_index(name)
        };
        match self.tensors.keys().find(is_unknown) {
            None => Ok(()),
            Some(name) => refuse(name, format!("tensor {name} is of no part that config.json describes")),
        }
    }

    /// Checks that every value of both towers is a finite number. Reads all weights.
    pub fn check_values(&self) -> Result<(), ModelError> {
        let tensors = self.map()?;
        Tower::BOTH.iter().try_for_each(|tower| tensors.check(*tower))
    }

    fn tensor(&self, name: &str) -> Result<&Tensor, ModelError> {
        let tensor = self.tensors.get(name).ok_or_else(|| self.missing(name))?;
        match tensor.info.dtype {
            Dtype::F32 | Dtype::F16 | Dtype::BF16 => Ok(tensor),
            other => Err(ModelError::unsupported(
                &self.files[tensor.file].path,
                format!("tensor {name} is stored as {other:?}\nhelp: use a checkpoint in F32, F16 or BF16"),
            )),
        }
    }

    fn missing(&self, name: &str) -> ModelError {
        let has = |tower: Tower| self.tensors.keys().any(|other| self.layout.is_of(tower, other));
        for (tower, half, other) in
            [(Tower::Vision, "text", Tower::Text), (Tower::Text, "image", Tower::Vision)]
        {
            if self.layout.is_of(tower, name) && !has(tower) && has(other) {
                return ModelError::wrong_file(
                    &self.path,
                    format!(
                        "only the {half} half of a model: tensor {name} is missing, as are all of {}*",
                        self.layout.towers[tower as usize].join("*, ")
                    ),
                    "use a checkpoint with both halves, such as google/siglip-base-patch16-224",
                );
            }
        }
        ModelError::weights(&self.path, format!("tensor {name} is missing"))
    }

    /// Number of values by stored type, and number of tensors.
    pub fn stored(&self) -> (BTreeMap<String, u64>, usize) {
        let mut types = BTreeMap::new();
        let weights = || self.tensors.iter().filter(|(name, _)| !is_index(name)).map(|(_, tensor)| tensor);
        for Tensor { info, .. } in weights() {
            let values: u64 = info.shape.iter().map(|side| *side as u64).product();
            *types.entry(format!("{:?}", info.dtype).to_lowercase()).or_default() += values;
        }
        (types, weights().count())
    }

    fn check_finite(&self, name: &str, tensor: &Tensor, bytes: &[u8]) -> Result<(), ModelError> {
        match first_not_finite(tensor.info.dtype, bytes) {
            None => Ok(()),
            Some((place, value)) => Err(ModelError::damaged(
                &self.files[tensor.file].path,
                format!("tensor {name} holds {value} (value {place} of it, from 0)"),
            )),
        }
    }

    fn path_of(&self, name: &str) -> &Path {
        self.tensors.get(name).map_or(&self.path, |tensor| &self.files[tensor.file].path)
    }

    /// The value of a tensor that holds one.
    pub fn scalar(&self, name: &str) -> Result<f32, ModelError> {
        let Tensor { info, file } = self.tensor(name)?;
        let file = &self.files[*file];
        if info.shape.iter().product::<usize>() != 1 {
            let reason = format!("tensor {name} has the shape {:?}, not one value", info.shape);
            return Err(ModelError::weights(&file.path, reason));
        }
        let bytes = file.read(info.data_offsets.0 as u64, info.data_offsets.1 - info.data_offsets.0)?;
        let value = floats(info.dtype, &bytes).first().copied().unwrap_or(f32::NAN);
        if !value.is_finite() {
            return Err(ModelError::damaged(&file.path, format!("tensor {name} is {value}")));
        }
        if name == "logit_scale" && !value.exp().is_finite() {
            let reason =
                format!("tensor {name} is {value}, whose exponential, the scale itself, is too large");
            return Err(ModelError::damaged(&file.path, reason));
        }
        Ok(value)
    }

    /// Loads a module whose fields are named as the tensors, as tensors of that type.
    pub fn load<M: Module>(&self, module: &mut M, dtype: DType) -> Result<(), ModelError> {
        let prefix: String = self.prefix.chars().flat_map(in_pattern).collect();
        for WeightFile { path, .. } in &self.files {
            file::open(path)?;
            let adapter = PyTorchToBurnAdapter.chain(FloatCastAdapter::to(dtype));
            // One of several files fills a part; opening has checked that all tensors are there.
            let mut store = SafetensorsStore::from_file(path)
                .with_from_adapter(adapter)
                .allow_partial(self.files.len() > 1);
            if !prefix.is_empty() {
                store = store.with_key_remapping(format!("^{prefix}"), "");
            }
            module.load_from(&mut store).map_err(|e| ModelError::damaged(path, e))?;
        }
        Ok(())
    }

    /// Places of the tensors of a tower: file; name, type and shape; range of bytes. Ordered by file and position.
    pub fn places(&self, tower: Tower) -> Vec<(&Path, String, Range<u64>)> {
        let mut places: Vec<_> =
            self.tensors.iter().filter(|(name, _)| self.layout.is_of(tower, name)).collect();
        places.sort_by_key(|(_, tensor)| (tensor.file, tensor.info.data_offsets));
        let place = |(name, Tensor { info, file }): (&String, &Tensor)| {
            let WeightFile { path, data_start } = &self.files[*file];
            let (start, end) = info.data_offsets;
            let range = data_start + start as u64..data_start + end as u64;
            (path.as_path(), format!("{name} {:?} {:?}", info.dtype, info.shape), range)
        };
        places.into_iter().map(place).collect()
    }

    pub fn map(&self) -> Result<Tensors<'_>, ModelError> {
        let maps = self.files.iter().map(WeightFile::map).collect::<Result<_, _>>()?;
        Ok(Tensors { weights: self, maps })
    }
}

/// Tensors of mapped files.
#[derive(Debug)]
pub(super) struct Tensors<'a> {
    weights: &'a Weights,
    maps: Vec<Mmap>,
}

impl Tensors<'_> {
    /// The values of a tensor as f32. All must be finite.
    pub fn floats(&self, name: &str) -> Result<Vec<f32>, ModelError> {
        let tensor = self.weights.tensor(name)?;
        let bytes = self.bytes(tensor)?;
        self.weights.check_finite(name, tensor, bytes)?;
        Ok(floats(tensor.info.dtype, bytes))
    }

    /// Checks that all values of a tower are finite.
    pub fn check(&self, tower: Tower) -> Result<(), ModelError> {
        for name in self
            .weights
            .tensors
            .keys()
            .filter(|name| self.weights.layout.is_of(tower, name) && !is_index(name))
        {
            let tensor = self.weights.tensor(name)?;
            self.weights.check_finite(name, tensor, self.bytes(tensor)?)?;
        }
        Ok(())
    }

    fn bytes(&self, tensor: &Tensor) -> Result<&[u8], ModelError> {
        let WeightFile { path, data_start } = &self.weights.files[tensor.file];
        let (start, end) = tensor.info.data_offsets;
        let data_start = *data_start as usize;
        self.maps[tensor.file]
            .get(data_start + start..data_start + end)
            .ok_or_else(|| ModelError::damaged(path, "it has become shorter"))
    }

    /// A tensor to be read by rows.
    pub fn rows(&self, name: &str) -> Result<TensorRows, ModelError> {
        let Tensor { info, file } = self.weights.tensor(name)?;
        let WeightFile { path, data_start } = &self.weights.files[*file];
        let file = File::open(path).map_err(|e| ModelError::read(path, e))?;
        Ok(TensorRows {
            name: name.to_owned(),
            path: path.clone(),
            file: Mutex::new(file),
            start: data_start + info.data_offsets.0 as u64,
            dtype: info.dtype,
            length: info.shape.last().copied().unwrap_or_default(),
        })
    }
}

/// A tensor that stays on disk. It is read and not mapped, so that a truncated file is an error instead of a crash.
#[derive(Debug)]
pub(super) struct TensorRows {
    name: String,
    path: PathBuf,
    file: Mutex<File>,
    start: u64,
    dtype: Dtype,
    length: usize,
}

impl TensorRows {
    /// Adds one row of the tensor to each row of `to`.
    pub fn add(&self, rows: &[i32], to: &mut [f32]) -> Result<(), ModelError> {
        let mut bytes = vec![0; self.length * self.dtype.bitsize() / 8];
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        for (row, to) in rows.iter().zip(to.chunks_exact_mut(self.length)) {
            let at = self.start + *row as u64 * bytes.len() as u64;
            file.seek(SeekFrom::Start(at))
                .and_then(|_| file.read_exact(&mut bytes))
                .map_err(|e| ModelError::read(&self.path, e))?;
            let values = floats(self.dtype, &bytes);
            if let Some(value) = values.iter().find(|value| !value.is_finite()) {
                let reason = format!("tensor {} holds {value} in row {row}", self.name);
                return Err(ModelError::damaged(&self.path, reason));
            }
            for (x, value) in to.iter_mut().zip(values) {
                *x += value;
            }
        }
        Ok(())
    }
}

/// The first NaN or infinite value with its index.
fn first_not_finite(dtype: Dtype, bytes: &[u8]) -> Option<(usize, f32)> {
    let any = match dtype {
        Dtype::F16 => any(bytes, |half| u16::from_le_bytes(half) & 0x7c00 == 0x7c00),
        Dtype::BF16 => any(bytes, |half| u16::from_le_bytes(half) & 0x7f80 == 0x7f80),
        _ => any(bytes, |single| u32::from_le_bytes(single) & 0x7f80_0000 == 0x7f80_0000),
    };
    if !any {
        return None;
    }
    floats(dtype, bytes).into_iter().enumerate().find(|(_, value)| !value.is_finite())
}

/// Whether any value satisfies a condition. Branches only between pieces, so that memory bounds the speed.
fn any<const N: usize>(bytes: &[u8], is_sought: impl Fn([u8; N]) -> bool + Sync) -> bool {
    let pieces = bytes.as_chunks::<N>().0.par_chunks(1 << 16);
    pieces.any(|piece| piece.iter().fold(false, |any, value| any | is_sought(*value)))
}

/// Converts bytes of a type that [`Weights::check`] accepts.
fn floats(dtype: Dtype, bytes: &[u8]) -> Vec<f32> {
    let halves = || bytes.as_chunks::<2>().0.iter();
    match dtype {
        Dtype::F16 => halves().map(|half| f16::from_le_bytes(*half).to_f32()).collect(),
        Dtype::BF16 => halves().map(|half| bf16::from_le_bytes(*half).to_f32()).collect(),
        _ => bytes.as_chunks::<4>().0.iter().map(|single| f32::from_le_bytes(*single)).collect(),
    }
}

/// Prefix of a model's tensor names: empty in published files, such as `model.` in a model saved inside another.
fn prefix<'a>(names: impl Iterator<Item = &'a String>, anchors: &[&str]) -> Result<String, String> {
    let before = |name: &'a String| anchors.iter().find_map(|anchor| name.strip_suffix(anchor));
    let prefixes: BTreeSet<&str> =
        names.filter_map(before).filter(|prefix| prefix.is_empty() || prefix.ends_with('.')).collect();
    match prefixes.first() {
        None | Some(&"") => Ok(String::new()),
        Some(only) if prefixes.len() == 1 => Ok((*only).to_owned()),
        Some(first) => Err(format!(
            "it holds several models: their tensors begin with {}; save the one to use as a checkpoint of its own",
            prefixes.iter().skip(1).fold(format!("{first}*"), |all, prefix| format!("{all}, {prefix}*"))
        )),
    }
}

/// Whether a tensor holds indices, as older files do, and no weights.
fn is_index(name: &str) -> bool {
    name.ends_with(".position_ids")
}

fn in_pattern(c: char) -> impl Iterator<Item = char> {
    (!c.is_alphanumeric() && c != '_').then_some('\\').into_iter().chain([c])
}
