//! Cache payloads: embedded frames and small pictures as safetensors.

use std::collections::HashMap;
use std::sync::Arc;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView, serialize};

use crate::embeddings::{floats, to_bytes};
use crate::explore::frames::EmbeddedFrame;
use crate::explore::strip::{Picture, Strip};
use crate::video::{Faults, Shown, VideoInfo};

/// Embedded frames of a clip, in order of time.
#[derive(Clone, Debug, PartialEq)]
pub struct CachedFrames {
    pub info: VideoInfo,
    pub frames: Vec<EmbeddedFrame>,
    pub faults: Faults,
}

impl CachedFrames {
    /// Encodes frames, given in any order; `None` if there is none.
    pub fn encode(info: &VideoInfo, frames: &[EmbeddedFrame], faults: &Faults) -> Option<Vec<u8>> {
        let mut frames: Vec<&EmbeddedFrame> = frames.iter().collect();
        frames.sort_by_key(|frame| frame.ordinal);
        let (count, dim) = (frames.len(), frames.first()?.embedding.len());
        let mut embeddings = Vec::with_capacity(4 * count * dim);
        frames.iter().for_each(|frame| embeddings.extend(to_bytes(&frame.embedding)));
        let times: Vec<u8> = frames.iter().flat_map(|frame| frame.time.to_le_bytes()).collect();
        let ordinals: Vec<u8> = frames.iter().flat_map(|frame| frame.ordinal.to_le_bytes()).collect();
        let ends: Vec<u8> = frames.iter().flat_map(|frame| frame.shown.until.to_le_bytes()).collect();
        let counts: Vec<u8> =
            frames.iter().flat_map(|frame| (frame.shown.rows.len() as u64).to_le_bytes()).collect();
        let rows: Vec<u8> =
            frames.iter().flat_map(|frame| &frame.shown.rows).flat_map(|row| row.to_le_bytes()).collect();
        let tensors = [
            ("embeddings", TensorView::new(Dtype::F32, vec![count, dim], &embeddings).ok()?),
            ("times", TensorView::new(Dtype::F64, vec![count], &times).ok()?),
            ("ordinals", TensorView::new(Dtype::U64, vec![count], &ordinals).ok()?),
            ("ends", TensorView::new(Dtype::F64, vec![count], &ends).ok()?),
            ("row_counts", TensorView::new(Dtype::U64, vec![count], &counts).ok()?),
            ("rows", TensorView::new(Dtype::F64, vec![rows.len() / 8], &rows).ok()?),
        ];
        let notes = HashMap::from([
            ("info".to_owned(), serde_json::to_string(info).ok()?),
            ("faults".to_owned(), serde_json::to_string(faults).ok()?),
        ]);
        serialize(tensors, Some(notes)).ok()
    }

    /// `None` if the bytes are not frames with embeddings of `dim` values.
    pub fn decode(bytes: &[u8], dim: usize) -> Option<Self> {
        let (_, header) = SafeTensors::read_metadata(bytes).ok()?;
        let notes = header.metadata().as_ref()?;
        let tensors = SafeTensors::deserialize(bytes).ok()?;
        let embeddings = tensors.tensor("embeddings").ok()?;
        if embeddings.shape().get(1) != Some(&dim) || dim == 0 {
            return None;
        }
        let times = numbers(&tensors, "times", f64::from_le_bytes)?;
        let ordinals = numbers(&tensors, "ordinals", u64::from_le_bytes)?;
        let ends = numbers(&tensors, "ends", f64::from_le_bytes)?;
        let counts = numbers(&tensors, "row_counts", u64::from_le_bytes)?;
        let rows = numbers(&tensors, "rows", f64::from_le_bytes)?;
        let embeddings: Vec<Arc<[f32]>> =
            embeddings.data().chunks_exact(4 * dim).map(|bytes| floats(bytes).into()).collect();
        if embeddings.iter().flat_map(|embedding| &embedding[..]).any(|value| !value.is_finite()) {
            return None;
        }
        let mut rows = rows.as_slice();
        let mut frames = Vec::new();
        for ((((ordinal, time), until), count), embedding) in
            ordinals.into_iter().zip(times).zip(ends).zip(counts).zip(embeddings)
        {
            let (own, rest) = rows.split_at_checked(usize::try_from(count).ok()?)?;
            rows = rest;
            let shown = Shown { until, rows: own.to_vec() };
            frames.push(EmbeddedFrame { ordinal, time, shown, embedding });
        }
        Some(Self {
            info: serde_json::from_str(notes.get("info")?).ok()?,
            frames,
            faults: serde_json::from_str(notes.get("faults")?).ok()?,
        })
    }
}

impl Strip {
    /// `None` if it has no picture.
    pub fn encode(&self) -> Option<Vec<u8>> {
        let pictures = self.pictures();
        let count = pictures.len();
        let jpegs: Vec<u8> = pictures.iter().flat_map(|picture| picture.jpeg.iter().copied()).collect();
        let lengths: Vec<u8> =
            pictures.iter().flat_map(|picture| (picture.jpeg.len() as u64).to_le_bytes()).collect();
        let times: Vec<u8> = pictures.iter().flat_map(|picture| picture.time.to_le_bytes()).collect();
        let ordinals: Vec<u8> = pictures.iter().flat_map(|picture| picture.ordinal.to_le_bytes()).collect();
        let tensors = [
            ("jpegs", TensorView::new(Dtype::U8, vec![jpegs.len()], &jpegs).ok()?),
            ("lengths", TensorView::new(Dtype::U64, vec![count], &lengths).ok()?),
            ("times", TensorView::new(Dtype::F64, vec![count], &times).ok()?),
            ("ordinals", TensorView::new(Dtype::U64, vec![count], &ordinals).ok()?),
        ];
        if count == 0 { None } else { serialize(tensors, None).ok() }
    }

    /// `None` if the bytes are not a strip.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let tensors = SafeTensors::deserialize(bytes).ok()?;
        let mut jpegs = tensors.tensor("jpegs").ok()?.data();
        let lengths = numbers(&tensors, "lengths", u64::from_le_bytes)?;
        let times = numbers(&tensors, "times", f64::from_le_bytes)?;
        let ordinals = numbers(&tensors, "ordinals", u64::from_le_bytes)?;
        let mut pictures = Vec::new();
        for ((length, time), ordinal) in lengths.into_iter().zip(times).zip(ordinals) {
            let (jpeg, rest) = jpegs.split_at_checked(usize::try_from(length).ok()?)?;
            jpegs = rest;
            pictures.push(Picture { ordinal, time, jpeg: jpeg.to_vec() });
        }
        Some(Self::of(pictures))
    }
}

fn numbers<T>(tensors: &SafeTensors, name: &str, read: impl Fn([u8; 8]) -> T) -> Option<Vec<T>> {
    Some(tensors.tensor(name).ok()?.data().as_chunks().0.iter().map(|bytes| read(*bytes)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::video::Jump;

    fn info() -> VideoInfo {
        VideoInfo {
            width: 64,
            height: 16,
            pixel_aspect: 1.0 / 3.0,
            rotation: 90,
            codec: "h264".into(),
            duration: Some(0.1),
            frame_rate: None,
            tolerance: 0.0,
        }
    }

    #[test]
    fn frames_come_back_in_order_to_the_last_bit() {
        let frame = |ordinal: u64| EmbeddedFrame {
            ordinal,
            time: ordinal as f64 / 3.0,
            shown: Shown { until: 9.0, rows: (0..=ordinal).map(|row| row as f64 / 7.0).collect() },
            embedding: Arc::new([f32::MIN_POSITIVE, -0.1, ordinal as f32]),
        };
        let faults = Faults { frames: 9, damaged: 1, lost: 2, jumps: vec![Jump { at: 0.1, by: 3600.0 }] };
        let bytes = CachedFrames::encode(&info(), &[frame(7), frame(0), frame(3)], &faults).unwrap();
        let known = CachedFrames::decode(&bytes, 3).unwrap();
        assert_eq!(known, CachedFrames { info: info(), frames: vec![frame(0), frame(3), frame(7)], faults });
        assert_eq!(CachedFrames::decode(&bytes, 4), None, "of another model");
        assert_eq!(CachedFrames::decode(&bytes[..bytes.len() - 1], 3), None);
        assert_eq!(CachedFrames::encode(&info(), &[], &Faults::default()), None);
    }

    #[test]
    fn pictures_come_back_with_their_bytes() {
        let picture = |ordinal, length| Picture { ordinal, time: 0.1, jpeg: vec![ordinal as u8; length] };
        let strip = Strip::of(vec![picture(0, 5), picture(4, 0), picture(8, 9)]);
        let bytes = strip.encode().unwrap();
        assert_eq!(Strip::decode(&bytes), Some(strip));
        assert_eq!(Strip::decode(&bytes[1..]), None);
        assert_eq!(Strip::default().encode(), None);
    }
}
