//! What the explorer is shown on, and opening it there.

use std::path::PathBuf;

use clap::Args;
use color_eyre::eyre::{Result, WrapErr};

use crate::cli::config::ConfigArgs;
use crate::cli::llm_args::LlmArgs;
use crate::script::{Document, Template};
use crate::tui::{self, Check, ClipToExplore, Config, Explorer, ImageProtocol, Models, Moment, Results};

/// Largest picture of a frame that the background work makes, in pixels.
pub const THUMBNAIL: (u32, u32) = (320, 180);

/// How the explorer looks, and what it listens to.
#[derive(Debug, Args)]
pub struct ScreenArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// How pictures are drawn, whatever the configuration says
    #[arg(long, value_name = "PROTOCOL")]
    image_protocol: Option<ImageProtocol>,
    /// Linear text in place of the screen, for screen readers, logs and scripts: lines in, sentences out; `help` lists the
    /// commands
    #[arg(long)]
    plain: bool,
    #[command(flatten)]
    models: LlmArgs,
}

/// What the explorer is shown on.
pub struct Screen {
    config: Config,
    /// Lines of text in the place of a screen.
    is_plain: bool,
    /// Language models that may be asked.
    models: Models,
}

impl ScreenArgs {
    /// Reads the configuration.
    ///
    /// # Errors
    /// If it cannot be read, or what it says cannot be done.
    pub fn load(&self) -> Result<Screen> {
        let config = self.config.load()?;
        let image_protocol = self.image_protocol.unwrap_or(config.image_protocol);
        let models = self.models.open()?;
        Ok(Screen { config: Config { image_protocol, ..config }, is_plain: self.plain, models })
    }
}

/// What the explorer is opened on.
pub struct Opening {
    /// The clips, at least one.
    pub clips: Vec<ClipToExplore>,
    /// Their scripts.
    pub scripts: Document,
    /// The templates to turn to.
    pub templates: Vec<Template>,
    /// What the first clip shows, where that is not its beginning.
    pub moment: Option<Moment>,
    /// What an evaluation came to on the clips.
    pub results: Option<Results>,
    /// Compares the files with what they were.
    pub check: Option<Check>,
    /// The file that remembers that the guided tour has ended; none where there is no tour.
    pub tour_ended: Option<PathBuf>,
}

impl Opening {
    /// Clips and nothing more.
    pub fn new(clips: Vec<ClipToExplore>, scripts: Document, templates: Vec<Template>) -> Self {
        Self { clips, scripts, templates, moment: None, results: None, check: None, tour_ended: None }
    }
}

/// Takes the screen over, or begins to speak.
pub fn open_explorer(opening: Opening, screen: Screen) -> Result<()> {
    let folder = std::env::current_dir().wrap_err("The folder for snapshots cannot be told")?;
    let Opening { clips, scripts, templates, moment, results, check, tour_ended } = opening;
    let Screen { config, is_plain, models } = screen;
    // The tour speaks of a screen.
    let tour_ended = tour_ended.filter(|_| !is_plain);
    let explorer =
        Explorer { clips, scripts, templates, folder, config, moment, models, results, check, tour_ended };
    if is_plain { tui::run_plain(explorer) } else { tui::run(explorer) }
}
