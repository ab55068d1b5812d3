//! One safetensors file, or several with an index; headers are checked against the configuration first.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use burn::module::Module;
use burn::tensor::{DType, Shape, TensorData};
use burn_store::bridge::deferred;
use burn_store::{FloatCastAdapter, ModuleAdapter, ModuleSnapshot, PyTorchToBurnAdapter};
use memmap2::Mmap;
use safetensors::Dtype;
use safetensors::tensor::TensorInfo;
use serde::Deserialize;

use super::error::ModelError;
use super::facts::Tower;
use super::file;
use super::layout::{Source, WeightLayout};
use super::values::{Piece, TensorRows, Values, first_not_finite, floats};
use super::weight_file::WeightFile;

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
    /// The tensors that the model asks for.
    shapes: Vec<(String, Vec<usize>)>,
}

#[derive(Debug)]
struct Tensor {
    info: TensorInfo,
    file: usize,
}

/// The index of several files: the file of each tensor.
#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

impl Weights {
    /// Reads and checks the headers of all weight files.
    pub fn open(dir: &Path, layout: &'static WeightLayout) -> Result<Self, ModelError> {
        file::refuse_adapters(dir)?;
        let (single, index) = (dir.join(layout.file), dir.join(format!("{}.index.json", layout.file)));
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
        Ok(Self { path, files, prefix, layout, tensors, shapes: Vec::new() })
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

    /// Checks that the files have every tensor that the model asks for, with the right shape and a readable type, and no
    /// tensor of a tower beside them: it would be ignored silently. Only these tensors can be loaded.
    pub fn check(&mut self, shapes: Vec<(String, Vec<usize>)>) -> Result<(), ModelError> {
        let refuse = |name: &str, reason: String| Err(ModelError::weights(self.path_of(name), reason));
        let mut known = HashSet::new();
        for (name, shape) in &shapes {
            for (name, shape) in (self.layout.source)(name).stored(shape) {
                let found = &self.tensor(name)?.info.shape;
                if without_ones(found) != without_ones(&shape) {
                    return refuse(name, format!("tensor {name} has the shape {found:?}, not {shape:?}"));
                }
                known.insert(name.to_owned());
            }
        }
        let is_unknown = |name: &&String| {
            Tower::BOTH.iter().any(|tower| self.layout.is_of(*tower, name))
                && !known.contains(name.as_str())
                && !is_index(name)
        };
        if let Some(name) = self.tensors.keys().find(is_unknown) {
            return refuse(name, format!("tensor {name} is of no part that the configuration describes"));
        }
        self.shapes = shapes;
        Ok(())
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

    fn path_of(&self, name: &str) -> &Path {
        self.tensors.get(name).map_or(&self.path, |tensor| &self.files[tensor.file].path)
    }

    pub fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
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

    /// Loads a module whose fields are named as the tensors that the model asks for, as tensors of that type.
    pub fn load<M: Module>(&self, module: &mut M, dtype: DType) -> Result<(), ModelError> {
        let tensors = self.map()?;
        let of_module = self.shapes.iter().map(|(name, shape)| {
            let (values, sides) = (tensors.values(name)?, shape.clone());
            let data = move || Ok(TensorData::new(values.floats(), sides.clone()));
            Ok(deferred(name.clone(), DType::F32, Shape::from(shape.clone()), None, data))
        });
        let of_module = of_module.collect::<Result<Vec<_>, ModelError>>()?;
        let adapter = PyTorchToBurnAdapter.chain(FloatCastAdapter::to(dtype));
        let outcome = module.apply(of_module, None, Some(Box::new(adapter)), false);
        if let Some(error) = outcome.errors.first() {
            return Err(ModelError::damaged(&self.path, error));
        }
        match outcome.missing.first() {
            None => Ok(()),
            Some((name, _)) => Err(ModelError::weights(&self.path, format!("tensor {name} is missing"))),
        }
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
        let maps = self.files.iter().map(|file| file.map().map(Arc::new)).collect::<Result<_, _>>()?;
        Ok(Tensors { weights: self, maps })
    }
}

/// Tensors of mapped files.
#[derive(Debug)]
pub(super) struct Tensors<'a> {
    weights: &'a Weights,
    maps: Vec<Arc<Mmap>>,
}

impl Tensors<'_> {
    /// The values of a tensor as f32. All must be finite.
    pub fn floats(&self, name: &str) -> Result<Vec<f32>, ModelError> {
        let values = self.values(name)?;
        for (stored, _) in (self.weights.layout.source)(name).stored(&[]) {
            self.check_finite(stored)?;
        }
        Ok(values.floats())
    }

    /// Checks that all values of a tower are finite.
    pub fn check(&self, tower: Tower) -> Result<(), ModelError> {
        let names = self.weights.tensors.keys();
        names
            .filter(|name| self.weights.layout.is_of(tower, name) && !is_index(name))
            .try_for_each(|name| self.check_finite(name))
    }

    fn check_finite(&self, name: &str) -> Result<(), ModelError> {
        let tensor = self.weights.tensor(name)?;
        let Piece { map, range, dtype } = self.piece(tensor)?;
        match first_not_finite(dtype, &map[range]) {
            None => Ok(()),
            Some((place, value)) => Err(ModelError::damaged(
                &self.weights.files[tensor.file].path,
                format!("tensor {name} holds {value} (value {place} of it, from 0)"),
            )),
        }
    }

    /// Where the values of a tensor lie that the model asks for.
    fn values(&self, name: &str) -> Result<Values, ModelError> {
        let source = (self.weights.layout.source)(name);
        let stored = source.stored(&[]);
        let pieces = stored.iter().map(|(name, _)| self.piece(self.weights.tensor(name)?));
        let mut pieces = pieces.collect::<Result<Vec<_>, ModelError>>()?;
        let mut transposed = None;
        match &source {
            Source::Whole(_) | Source::Joined(_) => {}
            Source::Part { part, of, .. } => {
                for Piece { range, .. } in &mut pieces {
                    let length = range.len() / of;
                    *range = range.start + part * length..range.start + (part + 1) * length;
                }
            }
            Source::Transposed(name) => transposed = self.weights.tensor(name)?.info.shape.last().copied(),
        }
        Ok(Values { pieces, transposed })
    }

    fn piece(&self, tensor: &Tensor) -> Result<Piece, ModelError> {
        let WeightFile { path, data_start } = &self.weights.files[tensor.file];
        let (start, end) = tensor.info.data_offsets;
        let range = *data_start as usize + start..*data_start as usize + end;
        let map = &self.maps[tensor.file];
        if range.end > map.len() {
            return Err(ModelError::damaged(path, "it has become shorter"));
        }
        Ok(Piece { map: map.clone(), range, dtype: tensor.info.dtype })
    }

    /// A tensor to be read by rows, which the files have as it is.
    pub fn rows(&self, name: &str) -> Result<TensorRows, ModelError> {
        let source = (self.weights.layout.source)(name);
        let stored = source.stored(&[]);
        let name = stored.first().map_or(name, |(name, _)| name);
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

/// Whether a tensor holds indices, as older files do, and no weights.
fn is_index(name: &str) -> bool {
    name.ends_with(".position_ids")
}

/// A shape without the dimensions of size 1 before the others.
fn without_ones(shape: &[usize]) -> &[usize] {
    let ones = shape.iter().take_while(|side| **side == 1).count();
    &shape[ones..]
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
