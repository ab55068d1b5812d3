//! Everything that a user can ask for, by a key, the palette or a line of plain text.

use Command as C;

/// One thing to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Select the next candidate of the list.
    NextCandidate,
    /// Select the previous candidate of the list.
    PreviousCandidate,
    /// Select the candidate at this place of the list, from 1 to 9.
    Candidate(u8),
    /// Show only candidates that match a text.
    FilterCandidates,
    /// Move the time cursor by one frame.
    FrameForward,
    /// See [`Command::FrameForward`].
    FrameBack,
    /// Move the time cursor by ten frames.
    TenFramesForward,
    /// See [`Command::TenFramesForward`].
    TenFramesBack,
    /// Move the time cursor to the first frame.
    FirstFrame,
    /// Move the time cursor to the last frame.
    LastFrame,
    /// Select the next step and move the time cursor to where the path enters it.
    NextStep,
    /// Select the previous step, or the beginning of the present one.
    PreviousStep,
    /// Move the time cursor to where the compared classes differ most.
    WhereTheyPart,
    /// Play the clip at its own speed, or stop.
    Play,
    /// Script, matrix and film of the selected class.
    ShowScript,
    /// Two classes on one time axis and one scale.
    Compare,
    /// The matrix before and after smoothing.
    ShowSmoothing,
    /// The frame under the cursor, large, with its value for each step.
    ShowFrame,
    /// A map of the steps of all classes.
    ShowMap,
    /// Colour the map by class or by domain.
    MapColours,
    /// Turn to the next view.
    NextView,
    /// Turn to the previous view.
    PreviousView,
    /// Pin the present settings, to see which classes move; or take the pin out.
    Pin,
    /// Ask a vision-language model what the clip shows.
    Look,
    /// Smooth over one frame fewer.
    SmoothLess,
    /// Smooth over one frame more.
    SmoothMore,
    /// Smooth over ten frames fewer.
    SmoothMuchLess,
    /// Smooth over ten frames more.
    SmoothMuchMore,
    /// Turn to the next template.
    NextTemplate,
    /// Turn to the previous template.
    PreviousTemplate,
    /// Write a template.
    EditTemplate,
    /// Turn to the next aligner.
    NextAligner,
    /// Let the first step begin at any frame, or not.
    OpenStart,
    /// Let the last step end at any frame, or not.
    OpenEnd,
    /// Write the aligner with its knobs.
    EditAligner,
    /// Turn to the next kind of cell.
    NextCell,
    /// Turn to the next preset.
    NextPreset,
    /// Turn to the next scale of the heatmap.
    NextScale,
    /// Override alpha and beta.
    EditCalibration,
    /// Change the sampling rate.
    EditSampling,
    /// Change the text of the selected step.
    EditStep,
    /// Add a step after the selected one.
    AddStep,
    /// Add a step before the selected one.
    AddStepBefore,
    /// Delete the selected step.
    DeleteStep,
    /// Move the selected step up.
    StepUp,
    /// Move the selected step down.
    StepDown,
    /// Add a class.
    AddClass,
    /// Rename the selected class.
    RenameClass,
    /// Delete the selected class.
    DeleteClass,
    /// Have a language model write a script.
    WriteScript,
    /// Take the last edit back.
    Undo,
    /// Do again what was taken back.
    Redo,
    /// Save the scripts as a file.
    SaveScripts,
    /// Turn to the next clip.
    NextClip,
    /// Turn to the previous clip.
    PreviousClip,
    /// List the results of an evaluation.
    ShowResults,
    /// Show the next clip that the evaluation has wrong.
    NextWrong,
    /// Show the one before.
    PreviousWrong,
    /// Pick a clip or a script file to open.
    Open,
    /// Save a snapshot.
    SaveSnapshot,
    /// Save a figure.
    SaveFigure,
    /// Find a command by its name.
    Palette,
    /// Show or hide the help.
    Help,
    /// Turn to the next theme.
    NextTheme,
    /// Let the mouse be the terminal's, or take it.
    Mouse,
    /// Begin the guided tour.
    Tour,
    /// Go on in the tour.
    TourNext,
    /// Stop the program and go back to the shell, as Ctrl-Z does elsewhere.
    Suspend,
    /// Close what lies over the screen, clear the message, end the tour.
    Dismiss,
    /// Leave.
    Quit,
}

/// Commands that belong together, in the order of the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// Candidates and steps.
    Select,
    /// The time cursor.
    Time,
    /// What fills the screen.
    Views,
    /// What can be turned without embedding a frame.
    Knobs,
    /// Changing scripts.
    Edit,
    /// Clips and files.
    Files,
    /// The program itself.
    Program,
}

impl Group {
    /// All groups, in the order of the help.
    pub const ALL: [Self; 7] =
        [Self::Select, Self::Time, Self::Views, Self::Knobs, Self::Edit, Self::Files, Self::Program];

    /// Its heading.
    pub fn name(self) -> &'static str {
        match self {
            Self::Select => "Candidates and steps",
            Self::Time => "Time",
            Self::Views => "Views",
            Self::Knobs => "Knobs",
            Self::Edit => "Editing scripts",
            Self::Files => "Clips and files",
            Self::Program => "Program",
        }
    }
}

/// What is said about a command.
pub struct About {
    /// The command.
    pub command: Command,
    /// Its name in the palette, in the keymap file and in plain mode.
    pub name: &'static str,
    /// Where it belongs.
    pub group: Group,
    /// What it does.
    pub help: &'static str,
}

/// Every command, in the order of the help.
pub const COMMANDS: &[About] = &[
    about(C::NextCandidate, "next-candidate", Group::Select, "select the next candidate"),
    about(C::PreviousCandidate, "previous-candidate", Group::Select, "select the previous candidate"),
    about(C::Candidate(1), "candidate-1", Group::Select, "select the candidate in place 1"),
    about(C::Candidate(2), "candidate-2", Group::Select, "select the candidate in place 2"),
    about(C::Candidate(3), "candidate-3", Group::Select, "select the candidate in place 3"),
    about(C::Candidate(4), "candidate-4", Group::Select, "select the candidate in place 4"),
    about(C::Candidate(5), "candidate-5", Group::Select, "select the candidate in place 5"),
    about(C::Candidate(6), "candidate-6", Group::Select, "select the candidate in place 6"),
    about(C::Candidate(7), "candidate-7", Group::Select, "select the candidate in place 7"),
    about(C::Candidate(8), "candidate-8", Group::Select, "select the candidate in place 8"),
    about(C::Candidate(9), "candidate-9", Group::Select, "select the candidate in place 9"),
    about(C::FilterCandidates, "filter-candidates", Group::Select, "list only candidates that match a text"),
    about(C::NextStep, "next-step", Group::Select, "select the next step, and go to where it begins"),
    about(
        C::PreviousStep,
        "previous-step",
        Group::Select,
        "select the previous step, and go to where it begins",
    ),
    about(C::FrameForward, "frame-forward", Group::Time, "go one frame on"),
    about(C::FrameBack, "frame-back", Group::Time, "go one frame back"),
    about(C::TenFramesForward, "ten-frames-forward", Group::Time, "go ten frames on"),
    about(C::TenFramesBack, "ten-frames-back", Group::Time, "go ten frames back"),
    about(C::FirstFrame, "first-frame", Group::Time, "go to the first frame"),
    about(C::LastFrame, "last-frame", Group::Time, "go to the last frame"),
    about(C::WhereTheyPart, "where-they-part", Group::Time, "go to where the compared classes part most"),
    about(C::Play, "play", Group::Time, "play the clip at its own speed, or stop"),
    about(C::ShowScript, "show-script", Group::Views, "script, matrix and film of the selected class"),
    about(C::Compare, "compare", Group::Views, "pin the selected class and compare it with another"),
    about(C::ShowSmoothing, "show-smoothing", Group::Views, "the matrix before and after smoothing"),
    about(
        C::ShowFrame,
        "show-frame",
        Group::Views,
        "the frame under the cursor, large, with its value for each step",
    ),
    about(C::Look, "look", Group::Views, "ask the vision-language model what the clip shows"),
    about(C::ShowMap, "show-map", Group::Views, "map of all steps, without and with context"),
    about(C::MapColours, "map-colours", Group::Views, "colour the map by class or by domain"),
    about(C::NextView, "next-view", Group::Views, "turn to the next view"),
    about(C::PreviousView, "previous-view", Group::Views, "turn to the previous view"),
    about(
        C::Pin,
        "pin-settings",
        Group::Views,
        "pin the settings, to see who moves as you turn knobs; or unpin",
    ),
    about(C::SmoothLess, "smooth-less", Group::Knobs, "smooth over one frame fewer"),
    about(C::SmoothMore, "smooth-more", Group::Knobs, "smooth over one frame more"),
    about(C::SmoothMuchLess, "smooth-much-less", Group::Knobs, "smooth over ten frames fewer"),
    about(C::SmoothMuchMore, "smooth-much-more", Group::Knobs, "smooth over ten frames more"),
    about(C::NextTemplate, "next-template", Group::Knobs, "put the steps into the next template"),
    about(C::PreviousTemplate, "previous-template", Group::Knobs, "put the steps into the previous template"),
    about(C::EditTemplate, "edit-template", Group::Knobs, "write a template of your own"),
    about(C::NextAligner, "next-aligner", Group::Knobs, "find the path by the next aligner"),
    about(C::OpenStart, "open-start", Group::Knobs, "let the first step of segment begin at any frame"),
    about(C::OpenEnd, "open-end", Group::Knobs, "let the last step of segment end at any frame"),
    about(C::EditAligner, "edit-aligner", Group::Knobs, "write the aligner, its background and its band"),
    about(C::NextCell, "next-cell", Group::Knobs, "align affinities, logits or cosines"),
    about(
        C::NextPreset,
        "next-preset",
        Group::Knobs,
        "follow the paper's text or the authors' released scripts",
    ),
    about(C::NextScale, "next-scale", Group::Knobs, "colour the matrix by rank, logarithm or value"),
    about(C::EditCalibration, "edit-calibration", Group::Knobs, "override alpha and beta of the affinity"),
    about(C::EditSampling, "edit-sampling", Group::Knobs, "take more or fewer frames per second"),
    about(C::EditStep, "edit-step", Group::Edit, "change the selected step"),
    about(C::AddStep, "add-step", Group::Edit, "add a step after the selected one"),
    about(C::AddStepBefore, "add-step-before", Group::Edit, "add a step before the selected one"),
    about(C::DeleteStep, "delete-step", Group::Edit, "delete the selected step"),
    about(C::StepUp, "step-up", Group::Edit, "move the selected step up"),
    about(C::StepDown, "step-down", Group::Edit, "move the selected step down"),
    about(C::AddClass, "add-class", Group::Edit, "add a class"),
    about(C::RenameClass, "rename-class", Group::Edit, "rename the selected class"),
    about(C::DeleteClass, "delete-class", Group::Edit, "delete the selected class"),
    about(
        C::WriteScript,
        "write-script",
        Group::Edit,
        "have a language model write the class' script; again, stop it",
    ),
    about(C::Undo, "undo", Group::Edit, "take the last edit back"),
    about(C::Redo, "redo", Group::Edit, "do the edit again"),
    about(C::SaveScripts, "save-scripts", Group::Edit, "save the scripts as a file"),
    about(C::NextClip, "next-clip", Group::Files, "turn to the next clip"),
    about(C::PreviousClip, "previous-clip", Group::Files, "turn to the previous clip"),
    about(C::ShowResults, "results", Group::Files, "list the clips of an evaluation and what its rows say"),
    about(C::NextWrong, "next-wrong", Group::Files, "show the next clip that the evaluation has wrong"),
    about(C::PreviousWrong, "previous-wrong", Group::Files, "show the clip before that it has wrong"),
    about(C::Open, "open", Group::Files, "pick a clip or a script file to open"),
    about(
        C::SaveSnapshot,
        "save-snapshot",
        Group::Files,
        "save a snapshot (JSON): actalign-tui FILE opens it again",
    ),
    about(C::SaveFigure, "save-figure", Group::Files, "save a figure of what you compare (SVG and PNG)"),
    about(C::Palette, "palette", Group::Program, "find a command by its name"),
    about(C::Help, "help", Group::Program, "show or hide this help"),
    about(C::NextTheme, "next-theme", Group::Program, "dark, light or colour-blind-safe colours"),
    about(
        C::Mouse,
        "mouse",
        Group::Program,
        "leave the mouse to the terminal, to select text, or take it back",
    ),
    about(C::Tour, "tour", Group::Program, "begin the demo's guided tour"),
    about(C::TourNext, "tour-next", Group::Program, "go on in the tour"),
    about(C::Suspend, "suspend", Group::Program, "go back to the shell; fg comes back here"),
    about(C::Dismiss, "dismiss", Group::Program, "close what is open, clear the message, end the tour"),
    about(C::Quit, "quit", Group::Program, "quit"),
];

const fn about(command: Command, name: &'static str, group: Group, help: &'static str) -> About {
    About { command, name, group, help }
}

impl Command {
    /// What is said about it.
    pub fn about(self) -> &'static About {
        COMMANDS.iter().find(|about| about.command == self).expect("every command is in the table")
    }

    /// Whether it needs the embeddings of frames and steps, which a snapshot does not have.
    pub fn needs_embeddings(self) -> bool {
        let is_knob = self.about().group == Group::Knobs
            && !matches!(
                self,
                C::NextAligner
                    | C::OpenStart
                    | C::OpenEnd
                    | C::EditAligner
                    | C::NextCell
                    | C::NextScale
                    | C::EditCalibration
            );
        is_knob
            || self.about().group == Group::Edit
            || matches!(self, C::ShowSmoothing | C::ShowMap | C::Open)
    }

    /// Whether it asks for a line of text.
    pub fn asks(self) -> bool {
        matches!(
            self,
            C::FilterCandidates
                | C::EditTemplate
                | C::EditAligner
                | C::EditCalibration
                | C::EditSampling
                | C::EditStep
                | C::AddStep
                | C::AddStepBefore
                | C::AddClass
                | C::RenameClass
                | C::SaveScripts
                | C::Open
        )
    }

    /// The command of that name.
    pub fn named(name: &str) -> Option<Self> {
        COMMANDS.iter().find(|about| about.name == name).map(|about| about.command)
    }
}
