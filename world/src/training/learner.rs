//! Both towers with the learned scale and bias: the modules that embed, on a device that records gradients.

use std::path::Path;

use burn::module::{Module, Param};
use burn::nn::{Initializer, Linear, LinearConfig};
use burn::tensor::{DType, Device, Int, Tensor, TensorData, activation, f16};
use burn_store::{BurnToPyTorchAdapter, FloatCastAdapter, ModuleAdapter, ModuleSnapshot, SafetensorsStore};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use safetensors::tensor::{SafeTensors, TensorView};
use safetensors::{Dtype, serialize};

use actalign_tui::backbone::siglip::{
    ImageModule, Modules, Patches, SiglipText, SiglipVision, weight_shapes,
};
use actalign_tui::backbone::{Checkpoint, ModelError, PreparedImage, Tokens};

/// The image tower with a linear classifier of contents, to pretrain the tower.
#[derive(Module, Debug)]
pub struct PretrainHead {
    vision: SiglipVision,
    names: Linear,
}

impl PretrainHead {
    /// With a random layer for `contents`.
    pub fn new(learner: &Learner, checkpoint: &Checkpoint, contents: usize, seed: u64) -> Self {
        let device = Device::flex().autodiff();
        let dim = checkpoint.dim();
        // Not the seed of the tower.
        let mut random = Pcg64::seed_from_u64(!seed);
        let bound = 1.0 / (dim as f32).sqrt();
        let weight = (0..dim * contents).map(|_| bound * (2.0 * random.random::<f32>() - 1.0)).collect();
        let weight = TensorData::new::<f32, _>(weight, [dim, contents]);
        let mut names = LinearConfig::new(dim, contents).with_initializer(Initializer::Zeros).init(&device);
        names.weight = Param::from_tensor(Tensor::from_data(weight, &device));
        Self { vision: learner.vision.clone(), names }
    }

    /// The mean cross entropy of the images' contents.
    pub fn loss(&self, patches: &Patches, images: &[PreparedImage], contents: &[usize]) -> Tensor<1> {
        let device = Device::flex().autodiff();
        let embeddings = self.vision.forward(patches.tensor(images, &device), patches.batch(images));
        let logits = activation::log_softmax(self.names.forward(embeddings), 1);
        let contents: Vec<i32> = contents.iter().map(|&content| content as i32).collect();
        let contents = Tensor::<2, Int>::from_data(TensorData::new(contents, [images.len(), 1]), &device);
        -logits.gather(1, contents).mean()
    }

    /// A copy with gradients of its own.
    pub fn replica(&self) -> Self {
        self.clone().fork(&Device::flex().autodiff())
    }
}

/// A model that can be trained.
#[derive(Module, Debug)]
pub struct Learner {
    vision: SiglipVision,
    text: SiglipText,
    logit_scale: Param<Tensor<1>>,
    logit_bias: Param<Tensor<1>>,
}

impl Learner {
    /// Loads a checkpoint onto the CPU, with gradients.
    ///
    /// # Errors
    /// As for loading a tower.
    pub fn load(checkpoint: &Checkpoint) -> Result<Self, ModelError> {
        let device = Device::flex().autodiff();
        let Modules { vision, text, logit_scale, logit_bias } = Modules::load(checkpoint.dir(), &device)?;
        let scalar = |value: f32| Param::from_tensor(Tensor::from_floats([value], &device));
        let (logit_scale, logit_bias) = (scalar(logit_scale), scalar(logit_bias));
        Ok(Self { vision, text, logit_scale, logit_bias })
    }

    /// With the image tower of a head.
    pub fn with_vision_of(self, head: PretrainHead) -> Self {
        Self { vision: head.vision, ..self }
    }

    /// A copy with gradients of its own.
    pub fn replica(&self) -> Self {
        self.clone().fork(&Device::flex().autodiff())
    }

    /// The sigmoid loss of SigLIP, summed over all pairs of an image and a text and divided by the number of images.
    /// `truth` is images × texts: 1 for a pair that belongs together, −1 for any other.
    pub fn loss(
        &self,
        patches: &Patches,
        images: &[PreparedImage],
        texts: &[Tokens],
        truth: Vec<f32>,
    ) -> Tensor<1> {
        let device = Device::flex().autodiff();
        let products = self.products(patches, images, texts, &device);
        let [scale, bias] = [&self.logit_scale, &self.logit_bias].map(|p| p.val().unsqueeze::<2>());
        let logits = products * scale.exp() + bias;
        let truth = Tensor::<2>::from_data(TensorData::new(truth, [images.len(), texts.len()]), &device);
        -activation::log_sigmoid(logits * truth).sum() / images.len() as f64
    }

    /// Cosine of every image with every text, images × texts, row by row.
    pub fn cosines(&self, patches: &Patches, images: &[PreparedImage], texts: &[Tokens]) -> Vec<f32> {
        let products = self.products(patches, images, texts, &Device::flex().autodiff());
        // A dense tensor of f32 always converts.
        products.into_data().try_to_vec::<f32>().unwrap_or_default()
    }

    fn products(
        &self,
        patches: &Patches,
        images: &[PreparedImage],
        texts: &[Tokens],
        device: &Device,
    ) -> Tensor<2> {
        let images = self.vision.forward(patches.tensor(images, device), patches.batch(images));
        let ids: Vec<i32> = texts.iter().flat_map(|text| &text.ids).copied().collect();
        let ids = TensorData::new(ids, [texts.len(), texts.first().map_or(0, |text| text.ids.len())]);
        let texts = self.text.forward(Tensor::<2, Int>::from_data(ids, device));
        unit(images).matmul(unit(texts).transpose())
    }

    /// The weights as the hub stores them, in half precision.
    ///
    /// # Errors
    /// If the tensors cannot be read back.
    pub fn to_safetensors(&self) -> Result<Vec<u8>, ModelError> {
        let compute = |e: &dyn std::fmt::Display| ModelError::Compute(e.to_string());
        let collect = |module: &dyn Fn(&mut SafetensorsStore) -> Result<(), ModelError>| {
            let adapter = BurnToPyTorchAdapter.chain(FloatCastAdapter::to(DType::F16));
            let mut store = SafetensorsStore::from_bytes(None).with_to_adapter(adapter);
            module(&mut store)?;
            store.get_bytes().map_err(|e| compute(&e))
        };
        let vision = collect(&|store| self.vision.save_into(store).map_err(|e| compute(&e)))?;
        let text = collect(&|store| self.text.save_into(store).map_err(|e| compute(&e)))?;
        let scalars =
            [("logit_scale", &self.logit_scale), ("logit_bias", &self.logit_bias)].map(|(name, p)| {
                let value = p.val().into_data().try_to_vec::<f32>().unwrap_or_default();
                (name.to_owned(), value.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>())
            });
        let [vision, text] = [&vision, &text].map(|bytes| SafeTensors::deserialize(bytes));
        let (vision, text) = (vision.map_err(|e| compute(&e))?, text.map_err(|e| compute(&e))?);
        let mut tensors = vision.tensors();
        tensors.extend(text.tensors());
        for (name, bytes) in &scalars {
            let view = TensorView::new(Dtype::F32, vec![1], bytes).map_err(|e| compute(&e))?;
            tensors.push((name.clone(), view));
        }
        serialize(tensors, None).map_err(|e| compute(&e))
    }
}

fn unit(x: Tensor<2>) -> Tensor<2> {
    let norms = x.clone().powi_scalar(2).sum_dim(1).sqrt() + 1e-6;
    x / norms
}

/// Initial weights, distributed as in the reference implementation: Glorot-uniform in attention and MLPs, normal
/// elsewhere. `config` is the path of the configuration.
///
/// # Errors
/// A configuration that is not of this model family.
pub fn initial_weights(config: &Path, seed: u64, scale: f32, bias: f32) -> Result<Vec<u8>, ModelError> {
    let mut random = Pcg64::seed_from_u64(seed);
    let mut tensors: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
    for (name, shape) in weight_shapes(config)? {
        let count = shape.iter().product();
        let inputs: usize = shape[1..].iter().product();
        let mut normal = |std: f32| -> Vec<f32> {
            let gauss = |random: &mut Pcg64| {
                // Box–Muller transform.
                let (u, v): (f32, f32) = (random.random(), random.random());
                (-2.0 * (1.0 - u).ln()).sqrt() * (std::f32::consts::TAU * v).cos()
            };
            (0..count).map(|_| std * gauss(&mut random)).collect()
        };
        let values = if name.contains("norm") && name.ends_with("weight") {
            vec![1.0; count]
        } else if shape.len() == 1 {
            vec![0.0; count]
        } else if name.contains("position_embedding") || name.contains("token_embedding") {
            normal((shape[1] as f32).powf(-0.5))
        } else if name.contains("patch_embedding") || name.ends_with("head.weight") {
            normal((inputs as f32).powf(-0.5))
        } else {
            // A normal distribution with the deviation of the uniform one.
            let rows = if name.contains("in_proj") { shape[0] / 3 } else { shape[0] };
            normal((2.0 / (rows + inputs) as f32).sqrt())
        };
        let bytes = values.iter().flat_map(|v| f16::from_f32(*v).to_le_bytes()).collect();
        tensors.push((name, shape, bytes));
    }
    let mut views = Vec::new();
    let scalars = [("logit_scale", scale.to_le_bytes()), ("logit_bias", bias.to_le_bytes())];
    let view = |dtype, shape: &[usize], bytes| {
        TensorView::new(dtype, shape.to_vec(), bytes).map_err(|e| ModelError::Compute(e.to_string()))
    };
    for (name, shape, bytes) in &tensors {
        views.push((name.clone(), view(Dtype::F16, shape, bytes)?));
    }
    for (name, bytes) in &scalars {
        views.push(((*name).to_owned(), view(Dtype::F32, &[1], bytes)?));
    }
    serialize(views, None).map_err(|e| ModelError::Compute(e.to_string()))
}

#[cfg(test)]
impl Learner {
    /// Compares gradients with central differences, along one direction per parameter that the loss depends on.
    ///
    /// # Panics
    /// If one differs.
    pub fn check_gradients(&self, loss: impl Fn(&Self) -> Tensor<1>) {
        use burn::module::{ModuleMapper, ModuleVisitor, ParamId};
        use burn::optim::GradientsParams;

        /// The parameters' ids, and the squared length of each gradient.
        struct Lengths<'a>(&'a GradientsParams, Vec<(ParamId, f32)>);
        impl ModuleVisitor for Lengths<'_> {
            fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                let gradient = self.0.get::<D>(param.id).expect("every parameter has a gradient");
                self.1.push((param.id, gradient.powi_scalar(2).sum().into_scalar::<f32>()));
            }
        }
        /// Moves one parameter along its gradient.
        struct Moved<'a>(&'a GradientsParams, ParamId, f32);
        impl ModuleMapper for Moved<'_> {
            fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
                if param.id != self.1 {
                    return param;
                }
                let gradient = self.0.get::<D>(param.id).expect("every parameter has a gradient");
                let device = param.val().device();
                let step = Tensor::from_data(gradient.into_data(), &device) * self.2;
                param.map(|value| (value.detach() + step).detach().require_grad())
            }
        }

        let grads = GradientsParams::from_grads(loss(self).backward(), self);
        let mut lengths = Lengths(&grads, Vec::new());
        self.visit(&mut lengths);
        let value =
            |step: f32, id| loss(&self.clone().map(&mut Moved(&grads, id, step))).into_scalar::<f32>();
        for (id, squared) in lengths.1 {
            // Large enough to exceed the noise of f32.
            let step = 0.01 / squared.sqrt().max(1e-3);
            let difference = (value(step, id) - value(-step, id)) / (2.0 * step);
            assert!(
                (difference - squared).abs() <= 0.03 * squared + 2e-3,
                "gradient of squared length {squared}, difference quotient {difference}"
            );
        }
    }
}
