//! `actalign-tui embed`: writes frame and text embeddings to a file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use color_eyre::eyre::{Result, WrapErr, bail, ensure, eyre};
use ndarray::{Array2, Array4};

use crate::align::unit_rows;
use crate::backbone::Tower;
use crate::cli::inputs::{ModelArgs, SamplingArgs};
use crate::cli::progress;
use crate::embeddings::{Embeddings, TextEmbeddings, save_npy, save_safetensors};
use crate::explore::{EmbeddedFrame, Job, Model, Update, embed_patches};
use crate::files::input_file::MOST_TEXT;
use crate::files::text_file;
use crate::output;
use crate::video::{Shown, VideoReader, load_image};

/// Embed frames or images, and texts; embeddings are neither normalised nor smoothed
#[derive(Debug, Args)]
pub struct EmbedArgs {
    #[command(flatten)]
    model: ModelArgs,
    /// The clip whose frames to embed: a video, an image, a folder of numbered images, or `-` for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "images")]
    video: Option<PathBuf>,
    #[command(flatten)]
    sampling: SamplingArgs,
    /// Images to embed in place of frames
    #[arg(long, value_name = "FILE", num_args = 1..)]
    images: Vec<PathBuf>,
    /// Texts to embed, one per line
    #[arg(long, value_name = "FILE", required_unless_present_any = ["video", "images"])]
    texts: Option<PathBuf>,
    /// Also write what each part of each frame adds to its cosine with each text (frame_patches). This blurs each window of
    /// the picture in turn: with 8 × 8 windows, a frame takes as long as 65
    #[arg(long, requires = "texts")]
    patches: bool,
    /// File to write: .safetensors with frame_embeds, frame_pts, text_embeds, input_ids, frame_patches; or .npy with the
    /// embeddings of frames or of texts alone
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub fn run(args: &EmbedArgs) -> Result<()> {
    let npy = match args.out.extension().and_then(|ending| ending.to_str()) {
        Some("safetensors") => false,
        Some("npy") => true,
        _ => bail!(
            "cannot write {}: unknown format\nhelp: name a .safetensors or .npy file",
            args.out.display()
        ),
    };
    let has_frames = args.video.is_some() || !args.images.is_empty();
    if npy && has_frames && args.texts.is_some() {
        bail!(
            "cannot write {}: an .npy file holds one matrix\nhelp: embed frames and texts apart, or into .safetensors",
            args.out.display()
        );
    }
    if args.patches && (npy || !has_frames) {
        bail!(
            "--patches needs frames, texts and a .safetensors file\nhelp: add --video or --images, and --texts"
        );
    }
    let texts = args.texts.as_deref().map(read_lines).transpose()?;
    let model = args.model.open()?;

    let mut embeddings = Embeddings::default();
    if has_frames {
        let frames = match &args.video {
            Some(video) => video_frames(video, &args.sampling, &model)?,
            None => images(&args.images, &model)?,
        };
        // A frame that stays on screen over several ticks fills a row for each.
        let mut values = Vec::new();
        for frame in frames {
            for _ in &frame.shown.rows {
                embeddings.frame_pts.push(frame.time);
                values.extend_from_slice(&frame.embedding);
            }
        }
        embeddings.frames =
            Some(Array2::from_shape_vec((embeddings.frame_pts.len(), model.checkpoint().dim()), values)?);
    }
    if let Some(texts) = texts {
        embeddings.texts = Some(text_embeddings(&texts, &model)?);
    }
    if let Some(texts) = embeddings.texts.as_ref().filter(|_| args.patches) {
        let units = unit_rows(texts.embeddings.view());
        let patches = match &args.video {
            Some(video) => video_patches(video, &args.sampling, &model, &units, embeddings.frame_pts.len())?,
            None => image_patches(&args.images, &model, &units)?,
        };
        let (rows, columns) = patches.shape;
        let shape = (embeddings.frame_pts.len(), rows, columns, units.nrows());
        embeddings.patches = Some(Array4::from_shape_vec(shape, patches.values)?);
    }

    if let Some(notice) = model.take_notice() {
        output::say(notice);
    }
    if npy {
        let matrix = embeddings.frames.or(embeddings.texts.map(|texts| texts.embeddings));
        save_npy(&matrix.ok_or_else(|| eyre!("nothing was embedded"))?, &args.out)
    } else {
        save_safetensors(&embeddings, &args.out)
    }
    .wrap_err_with(|| format!("cannot write {}", args.out.display()))
}

fn read_lines(path: &Path) -> Result<Vec<String>> {
    let text =
        text_file::read(path, MOST_TEXT).wrap_err_with(|| format!("cannot read {}", path.display()))?;
    let lines: Vec<String> = text_file::lines(&text).map(str::to_owned).collect();
    if lines.is_empty() {
        bail!("{} is empty", path.display());
    }
    Ok(lines)
}

fn video_frames(clip: &Path, sampling: &SamplingArgs, model: &Arc<Model>) -> Result<Vec<EmbeddedFrame>> {
    let job = Job::new(clip.to_owned(), model.clone());
    let job = Job { sampling: sampling.fps, segment: sampling.segment(), ..job };
    let mut frames = Vec::new();
    progress::embed_clip(job, |update| {
        if let Update::Frames(batch) = update {
            frames.extend(batch);
        }
    })?;
    // Cached frames arrive first.
    frames.sort_by_key(|frame| frame.ordinal);
    Ok(frames)
}

fn images(paths: &[PathBuf], model: &Model) -> Result<Vec<EmbeddedFrame>> {
    let preprocessor = model.checkpoint().preprocessor();
    let tower = model.vision()?;
    let bar = progress::bar(Some(paths.len()), "images");
    let mut frames = Vec::new();
    for batch in paths.chunks(model.batch(Tower::Vision)) {
        let images = batch
            .iter()
            .map(|path| {
                let image = load_image(path)?;
                Ok(preprocessor.prepare(&image.rgb, image.width, image.height))
            })
            .collect::<Result<Vec<_>>>()?;
        let embeddings = tower.embed(&images);
        let embeddings =
            embeddings.map_err(|error| error.naming(|index| batch[index].display().to_string()))?;
        for row in embeddings.rows() {
            let index = frames.len();
            let time = index as f64;
            let shown = Shown::once(time);
            frames.push(EmbeddedFrame { ordinal: index as u64, time, shown, embedding: row.to_vec().into() });
        }
        bar.inc(batch.len() as u64);
    }
    bar.finish_and_clear();
    Ok(frames)
}

/// Maps of several frames.
#[derive(Default)]
struct Maps {
    /// Rows and columns of each.
    shape: (usize, usize),
    /// Frames × rows × columns × texts.
    values: Vec<f32>,
}

impl Maps {
    fn push(&mut self, Self { shape, values }: &Self) -> Result<()> {
        ensure!(
            self.values.is_empty() || self.shape == *shape,
            "images of several proportions have several grids of patches\nhelp: embed them one by one"
        );
        self.shape = *shape;
        self.values.extend_from_slice(values);
        Ok(())
    }
}

/// The maps of each tick of a clip.
fn video_patches(
    clip: &Path,
    sampling: &SamplingArgs,
    model: &Model,
    texts: &Array2<f32>,
    ticks: usize,
) -> Result<Maps> {
    let bar = progress::bar(Some(ticks), "frames with patches");
    let mut found = Maps::default();
    for frame in VideoReader::open(clip, sampling.fps, sampling.segment())? {
        let frame = frame?;
        let maps = maps(model, &frame.rgb, (frame.width, frame.height), texts)?;
        for _ in &frame.shown.rows {
            found.push(&maps)?;
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(found)
}

/// The maps of each image.
fn image_patches(paths: &[PathBuf], model: &Model, texts: &Array2<f32>) -> Result<Maps> {
    let bar = progress::bar(Some(paths.len()), "images with patches");
    let mut found = Maps::default();
    for path in paths {
        let image = load_image(path)?;
        found.push(&maps(model, &image.rgb, (image.width, image.height), texts)?)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(found)
}

/// The maps of a frame for each text, given by unit embeddings.
fn maps(model: &Model, rgb: &[u8], size: (u32, u32), texts: &Array2<f32>) -> Result<Maps> {
    let patches =
        embed_patches(model, rgb, size, |_, _| true)?.ok_or_else(|| eyre!("nothing was embedded"))?;
    let maps: Vec<_> = texts.rows().into_iter().map(|text| patches.map(text).values).collect();
    let values = patches.grid().windows().flat_map(|window| maps.iter().map(move |map| map[window]));
    Ok(Maps { shape: patches.grid().shape(), values: values.collect() })
}

fn text_embeddings(texts: &[String], model: &Model) -> Result<TextEmbeddings> {
    let checkpoint = model.checkpoint();
    let embeddings = progress::embed_texts(texts, model, "texts")?;
    let tokenizer = checkpoint.tokenizer()?;
    let (mut values, mut ids) = (Vec::new(), Vec::new());
    for (line, text) in (1..).zip(texts) {
        let tokens = tokenizer.encode(text)?;
        if tokens.cut {
            output::say(format_args!("line {line} truncated to the model's length"));
        }
        ids.extend(tokens.ids);
        values.extend_from_slice(&embeddings[text]);
    }
    Ok(TextEmbeddings {
        embeddings: Array2::from_shape_vec((texts.len(), checkpoint.dim()), values)?,
        ids: Array2::from_shape_vec((texts.len(), checkpoint.text_len()), ids)?,
    })
}
