//! How fast a device embeds, by a few real forward passes.

use std::time::{Duration, Instant};

use color_eyre::eyre::Result;
use serde::Serialize;

use crate::backbone::{DeviceChoice, Tower};
use crate::explore::{Job, Model};
use crate::video::VideoReader;

/// For how long each rate is measured, after a first pass. A single pass may take longer.
const MEASURED: Duration = Duration::from_secs(1);
/// Width and height of the picture that is embedded, in pixels.
const PICTURE: (u32, u32) = (640, 360);
/// Most clips that are read for a while.
const CLIPS: usize = 8;

/// Rates per second.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Speed {
    /// Images through the image tower.
    pub images: Option<f64>,
    /// Frames of these clips that are decoded and prepared.
    pub frames_read: Option<f64>,
    /// Texts through the text tower.
    pub texts: Option<f64>,
    /// Whether frames are read by the processor that embeds them, and not beside it.
    pub shares_processor: bool,
}

impl Speed {
    /// Measures what is to be done: frames of clips, and texts. `None` if there is nothing.
    ///
    /// # Errors
    /// If a tower cannot be loaded or computed with.
    pub(super) fn measure(model: &Model, jobs: &[Job], texts: &[String]) -> Result<Option<Self>> {
        if jobs.is_empty() && texts.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self {
            images: if jobs.is_empty() { None } else { Some(images(model)?) },
            frames_read: frames_read(model, jobs),
            texts: if texts.is_empty() { None } else { Some(texts_embedded(model, texts)?) },
            shares_processor: model.device().choice() == DeviceChoice::Cpu,
        }))
    }

    /// Seconds for so many frames and texts.
    pub fn seconds(&self, frames: usize, texts: usize) -> f64 {
        let per = |rate: Option<f64>| rate.map_or(0.0, f64::recip);
        let (embed, read) = (per(self.images), per(self.frames_read));
        let per_frame = if self.shares_processor { embed + read } else { embed.max(read) };
        frames as f64 * per_frame + texts as f64 * per(self.texts)
    }
}

fn images(model: &Model) -> Result<f64> {
    let (width, height) = PICTURE;
    // Not of one colour: some formats of numbers are slow at the smallest values.
    let rgb: Vec<u8> =
        (0..3 * width * height).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let image = model.checkpoint().preprocessor().prepare(&rgb, width, height);
    let images = vec![image; model.batch(Tower::Vision)];
    let tower = model.vision()?;
    rate(model, &images, |images| Ok(tower.embed(images).map(drop)?))
}

fn texts_embedded(model: &Model, texts: &[String]) -> Result<f64> {
    let tokenizer = model.checkpoint().tokenizer()?;
    let texts = texts.iter().take(model.batch(Tower::Text));
    let tokens = texts.map(|text| tokenizer.encode(text)).collect::<Result<Vec<_>, _>>()?;
    let tower = model.text()?;
    rate(model, &tokens, |tokens| Ok(tower.embed(tokens).map(drop)?))
}

/// Items per second of passes over a batch. The first pass does not count: a device prepares its kernels in it.
fn rate<T>(model: &Model, batch: &[T], pass: impl Fn(&[T]) -> Result<()>) -> Result<f64> {
    // The processor has no kernels to prepare for the size of a batch.
    let is_cpu = model.device().choice() == DeviceChoice::Cpu;
    pass(if is_cpu { &batch[..1] } else { batch })?;
    let (start, mut passes) = (Instant::now(), 0);
    while passes == 0 || start.elapsed() < MEASURED {
        pass(batch)?;
        passes += 1;
    }
    Ok((passes * batch.len()) as f64 / start.elapsed().as_secs_f64())
}

/// Frames per second that are decoded and prepared of the first clips. A clip that cannot be read is passed over.
fn frames_read(model: &Model, jobs: &[Job]) -> Option<f64> {
    let preprocessor = model.checkpoint().preprocessor();
    let (start, mut frames) = (Instant::now(), 0);
    'clips: for job in jobs.iter().take(CLIPS) {
        let Ok(reader) = VideoReader::open(&job.clip, job.sampling, job.segment) else { continue };
        for frame in reader.flatten() {
            preprocessor.prepare(&frame.rgb, frame.width, frame.height);
            frames += 1;
            if start.elapsed() > MEASURED {
                break 'clips;
            }
        }
    }
    (frames > 0).then(|| frames as f64 / start.elapsed().as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_wait_for_the_slower_of_reading_and_embedding() {
        let speed =
            Speed { images: Some(8.0), frames_read: Some(4.0), texts: Some(4.0), shares_processor: false };
        assert_eq!(speed.seconds(20, 8), 5.0 + 2.0);
        let on_cpu = Speed { shares_processor: true, ..speed };
        assert_eq!(on_cpu.seconds(20, 0), 2.5 + 5.0);
        let known = Speed { images: None, frames_read: None, ..speed };
        assert_eq!(known.seconds(0, 8), 2.0);
    }
}
