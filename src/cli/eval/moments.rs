//! `actalign-tui eval moments`: how well moments are found in annotated recordings.

use std::path::{Path, PathBuf};

use clap::Args;
use color_eyre::eyre::{Result, WrapErr, bail};
use ndarray::Array2;

use crate::align::unit_rows;
use crate::annotation::{self, AnnotatedMoment, AnnotatedStep, Annotation};
use crate::cli::inputs::CandidateArgs;
use crate::cli::progress;
use crate::cli::recordings::{Embedded, SMOOTHING, SearchArgs, embed};
use crate::eval::moments::{Detection, MomentResults, MomentRow, mean_pool, threshold, windowed_dtw};
use crate::explore::Model;
use crate::find::{FindError, FindSettings, Finder, FoundMoment, Wanted};
use crate::output;
use crate::session::Setup;
use crate::visible;

/// Find moments in annotated recordings, and report their precision beside simpler ways to find them
#[derive(Debug, Args)]
#[command(mut_arg("smoothing", |smoothing| smoothing.default_value(SMOOTHING)))]
pub struct MomentsArgs {
    /// True moments: JSON of `actalign-world render --recordings`, ELAN, Label Studio, ActivityNet, or CSV
    #[arg(value_name = "ANNOTATIONS", required = true)]
    truth: Vec<PathBuf>,
    /// Folder of the videos [default: that of the annotations]
    #[arg(long, value_name = "DIR")]
    videos: Option<PathBuf>,
    #[command(flatten)]
    candidates: CandidateArgs,
    #[command(flatten)]
    search: SearchArgs,
    /// Print one JSON document instead of a table
    #[arg(long)]
    json: bool,
}

/// Extensions tried where annotations name a video without one, as those of ActivityNet do.
const EXTENSIONS: [&str; 4] = ["mp4", "mkv", "webm", "avi"];

pub fn run(args: &MomentsArgs) -> Result<()> {
    let recordings = recordings(args)?;
    let videos: Vec<PathBuf> = recordings.iter().map(|(video, _)| video.clone()).collect();
    let setup = Setup::open(&args.candidates.request(&videos)?)?;
    let settings = args.search.settings(args.candidates.smoothing());
    let ways = Way::all(settings);
    let mut found: Vec<Vec<Vec<AnnotatedMoment>>> = vec![Vec::new(); ways.len()];
    let (mut seconds, mut names) = (Vec::new(), Vec::new());
    for (video, _) in &recordings {
        let embedded = embed(&setup, video, &args.search, settings)?;
        let searched = Searched::new(embedded, &setup)?;
        for (way, found) in ways.iter().zip(&mut found) {
            let moments = way.find(&searched, settings);
            found.push(moments.wrap_err_with(|| format!("cannot search {}", video.display()))?);
        }
        seconds.push(searched.embedded.recording.timeline(0.0)?.duration());
        names = searched.embedded.names;
    }
    let truth: Vec<Annotation> = recordings.into_iter().map(|(_, annotation)| annotation).collect();
    warn_of_unknown(&truth, &names);
    let rows =
        ways.iter().zip(&found).map(|(way, found)| MomentRow::new(way.name, &truth, found, &names, &seconds));
    let results = MomentResults::new(rows.collect(), &truth, &names, &seconds);
    let text = if args.json { visible::json(&results)? } else { results.table() };
    Ok(output::print(&text)?)
}

/// The annotated recordings, each with the path of its video.
fn recordings(args: &MomentsArgs) -> Result<Vec<(PathBuf, Annotation)>> {
    let mut recordings = Vec::new();
    for path in &args.truth {
        let beside = path.parent().unwrap_or(Path::new("."));
        let folder = args.videos.as_deref().unwrap_or(beside);
        for annotation in annotation::load(path)? {
            recordings.push((video_of(&annotation, folder)?, annotation));
        }
    }
    if recordings.is_empty() {
        bail!("no recording is annotated");
    }
    Ok(recordings)
}

/// The video of an annotation in a folder.
fn video_of(annotation: &Annotation, folder: &Path) -> Result<PathBuf> {
    let named = folder.join(&annotation.video);
    let by_name = Path::new(&annotation.video).file_name().map(|name| folder.join(name));
    let with_extension =
        EXTENSIONS.iter().map(|extension| folder.join(format!("{}.{extension}", annotation.video)));
    let mut places = [named].into_iter().chain(by_name).chain(with_extension);
    match places.find(|path| path.is_file()) {
        Some(path) => Ok(path),
        None => bail!(
            "there is no video {} in {}\nhelp: name the folder of the videos with --videos",
            annotation.video,
            folder.display()
        ),
    }
}

/// Says which annotated classes have no script.
fn warn_of_unknown(truth: &[Annotation], names: &[String]) {
    let classes = truth.iter().flat_map(|annotation| &annotation.moments).map(|moment| &moment.class);
    let mut unknown: Vec<&String> = classes.filter(|class| !names.contains(class)).collect();
    unknown.sort();
    unknown.dedup();
    if !unknown.is_empty() {
        let unknown = unknown.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        output::say(format_args!("classes without a script, which count for nothing: {unknown}"));
    }
}

/// A recording with everything that is compared with it.
struct Searched {
    embedded: Embedded,
    /// The classes with the steps of each from the last to the first.
    reversed: Vec<Wanted>,
    /// Unit embeddings of the class names.
    names: Array2<f32>,
}

impl Searched {
    fn new(embedded: Embedded, setup: &Setup) -> Result<Self> {
        let names = name_embeddings(&embedded.names, setup.model())?;
        let reversed = embedded.wanted.iter().map(Wanted::reversed).collect();
        Ok(Self { embedded, reversed, names })
    }
}

fn name_embeddings(names: &[String], model: &Model) -> Result<Array2<f32>> {
    let embedded = progress::embed_texts(names, model, "names")?;
    let mut rows = Array2::zeros((names.len(), model.checkpoint().dim()));
    for (mut row, name) in rows.rows_mut().into_iter().zip(names) {
        row.assign(&ndarray::ArrayView1::from(&embedded[name]));
    }
    Ok(unit_rows(rows.view()))
}

type Search = fn(&Searched, FindSettings) -> Result<Vec<AnnotatedMoment>, FindError>;

/// A way to find moments: a row of the results.
struct Way {
    name: &'static str,
    find: Search,
}

impl Way {
    /// Every way. Whether classes compete is up to the user, except in the second row.
    fn all(settings: FindSettings) -> Vec<Self> {
        let mut ways = vec![Self {
            name: if settings.competes { "find --compete" } else { "find" },
            find: |searched, settings| found(searched, &searched.embedded.wanted, settings),
        }];
        if !settings.competes {
            ways.push(Self {
                name: "find --compete",
                find: |searched, settings| {
                    found(searched, &searched.embedded.wanted, FindSettings { competes: true, ..settings })
                },
            });
        }
        ways.extend([
            Self {
                name: "steps in reverse order",
                find: |searched, settings| found(searched, &searched.reversed, settings),
            },
            Self {
                name: "windows, mean-pool",
                find: |Searched { embedded, names, .. }, settings| {
                    let found = mean_pool(&embedded.recording, names.view(), settings.max_moments)?;
                    Ok(annotated(&found, &embedded.names))
                },
            },
            Self {
                name: "windows, dtw",
                find: |Searched { embedded, .. }, settings| {
                    let Embedded { recording, wanted, calibration, .. } = embedded;
                    let (smoothing, most) = (settings.smoothing_seconds, settings.max_moments);
                    let found = windowed_dtw(recording, wanted, *calibration, smoothing, most)?;
                    Ok(annotated(&found, &embedded.names))
                },
            },
            Self {
                name: "threshold of best affinity",
                find: |Searched { embedded, .. }, settings| {
                    let Embedded { recording, wanted, calibration, .. } = embedded;
                    let (smoothing, most) = (settings.smoothing_seconds, settings.max_moments);
                    let found = threshold(recording, wanted, *calibration, smoothing, most)?;
                    Ok(annotated(&found, &embedded.names))
                },
            },
        ]);
        ways
    }

    fn find(&self, searched: &Searched, settings: FindSettings) -> Result<Vec<AnnotatedMoment>, FindError> {
        (self.find)(searched, settings)
    }
}

fn found(
    searched: &Searched,
    wanted: &[Wanted],
    settings: FindSettings,
) -> Result<Vec<AnnotatedMoment>, FindError> {
    let Embedded { recording, names, .. } = &searched.embedded;
    let found = Finder::new(wanted.to_vec(), settings).find(recording)?;
    let moment = |moment: &FoundMoment| {
        let [start, end] = found.timeline.seconds(&moment.moment.frames);
        let step = |frames| {
            let [start, end] = found.timeline.seconds(frames);
            AnnotatedStep { name: String::new(), start, end }
        };
        let steps = moment.moment.steps.iter().map(step).collect();
        AnnotatedMoment {
            class: names[moment.class].clone(),
            start,
            end,
            score: Some(moment.moment.score),
            steps,
        }
    };
    Ok(found.moments.iter().map(moment).collect())
}

fn annotated(found: &[Detection], names: &[String]) -> Vec<AnnotatedMoment> {
    let moment = |&Detection { class, span: [start, end], score }: &Detection| AnnotatedMoment {
        class: names[class].clone(),
        start,
        end,
        score: Some(score),
        steps: Vec::new(),
    };
    found.iter().map(moment).collect()
}
