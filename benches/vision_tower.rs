//! Images per second of the image tower, the preparation of a frame, and the patches of one with the bundled model.
//!
//! The tower needs a checkpoint: `ACTALIGN_TEST_CHECKPOINT=FOLDER`, for example the one that
//! `python tests/reference/siglip.py base FOLDER` makes. It runs in f32, or in `ACTALIGN_TEST_PRECISION`. `benches/vision_tower.py` runs this beside PyTorch and ONNX Runtime.

use std::hint::black_box;
use std::path::Path;

use actalign_tui::backbone::{
    Checkpoint, ComputeDevice, DeviceChoice, Filter, Fit, PrecisionChoice, PreparedImage, Preprocessor,
};
use actalign_tui::explore::{Model, embed_patches};
use actalign_tui::session::Bundle;
use clap::ValueEnum;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn tower(criterion: &mut Criterion) {
    let Ok(folder) = std::env::var("ACTALIGN_TEST_CHECKPOINT") else {
        eprintln!("vision_tower is left out: ACTALIGN_TEST_CHECKPOINT names no checkpoint");
        return;
    };
    let checkpoint = Checkpoint::open(Path::new(&folder)).unwrap();
    let precision = std::env::var("ACTALIGN_TEST_PRECISION").unwrap_or_else(|_| "f32".to_owned());
    let precision = PrecisionChoice::from_str(&precision, true).unwrap();
    let device = ComputeDevice::open(DeviceChoice::Cpu).unwrap().with_precision(precision).unwrap();
    let tower = checkpoint.load_vision(&device).unwrap();
    let size = checkpoint.image_size();
    let image = |seed: usize| {
        PreparedImage::square(size, (0..3 * size * size).map(|i| (i * seed % 251) as u8).collect())
    };
    let images: Vec<PreparedImage> = (1..=16).map(image).collect();

    let mut group = criterion.benchmark_group("vision_tower");
    group.sample_size(10);
    for batch in [1, 2, 4, 8, 16] {
        group.throughput(Throughput::Elements(batch as u64));
        group.bench_function(format!("batch_{batch}"), |bencher| {
            bencher.iter(|| tower.embed(black_box(&images[..batch])).unwrap());
        });
    }
    group.finish();
}

fn preparation(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("square");
    let preprocessor = Preprocessor { size: 224, filter: Filter::Bicubic, fit: Fit::Squash };
    for (width, height) in [(640, 360), (1920, 1080)] {
        let rgb: Vec<u8> = (0..3 * width * height).map(|i| (i % 253) as u8).collect();
        group.bench_function(format!("{width}x{height}"), |bencher| {
            bencher.iter(|| preprocessor.prepare(black_box(&rgb), width as u32, height as u32));
        });
    }
    group.finish();
}

/// What the explorer waits for when it shows the map of a frame: 65 pictures of the bundled model.
fn patches(criterion: &mut Criterion) {
    let checkpoint = Checkpoint::open(&Bundle::unpack().unwrap().model()).unwrap();
    let model = Model::new(checkpoint, ComputeDevice::open(DeviceChoice::Cpu).unwrap());
    let size = model.checkpoint().image_size();
    let frame: Vec<u8> = (0..3 * size * size).map(|i| (i * i % 251) as u8).collect();
    model.vision().unwrap();
    criterion.bench_function("patches_of_a_frame", |bencher| {
        bencher.iter(|| {
            embed_patches(&model, black_box(&frame), (size as u32, size as u32), |_, _| true).unwrap()
        });
    });
}

criterion_group!(benches, preparation, patches, tower);
criterion_main!(benches);
