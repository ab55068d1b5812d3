//! The commands of the explorer, one row each: everything a user can ask for by a key, in the palette or in plain text.
//!
//! Enum, names, keys, help, palette, `actalign-tui keys`, configuration and plain text all follow from the rows.

/// Calls the macro `$then` with all commands in the order of the help, in groups with a heading. A row is
/// `Variant "name" "default keys" "help" [needs] => what it does;`. The last part may use the `State` and the seconds
/// since the start. It is compiled in `update`, where the names in it are imported.
macro_rules! table {
    ($then:ident) => {
        $then! { |state, now|
            Select "Candidates and steps" {
                NextCandidate "next-candidate" "j down" "select the next candidate" []
                    => cursor::select_by(state, 1);
                PreviousCandidate "previous-candidate" "k up" "select the previous candidate" []
                    => cursor::select_by(state, -1);
                Candidate1 "candidate-1" "1" "select the candidate in place 1" [] => cursor::select_place(state, 0);
                Candidate2 "candidate-2" "2" "select the candidate in place 2" [] => cursor::select_place(state, 1);
                Candidate3 "candidate-3" "3" "select the candidate in place 3" [] => cursor::select_place(state, 2);
                Candidate4 "candidate-4" "4" "select the candidate in place 4" [] => cursor::select_place(state, 3);
                Candidate5 "candidate-5" "5" "select the candidate in place 5" [] => cursor::select_place(state, 4);
                Candidate6 "candidate-6" "6" "select the candidate in place 6" [] => cursor::select_place(state, 5);
                Candidate7 "candidate-7" "7" "select the candidate in place 7" [] => cursor::select_place(state, 6);
                Candidate8 "candidate-8" "8" "select the candidate in place 8" [] => cursor::select_place(state, 7);
                Candidate9 "candidate-9" "9" "select the candidate in place 9" [] => cursor::select_place(state, 8);
                FilterCandidates "filter-candidates" "/" "list only candidates that match a text" [Line]
                    => asks::filter(state);
                NextStep "next-step" "n" "select the next step, and go to where it begins" []
                    => cursor::next_step(state);
                PreviousStep "previous-step" "p" "select the previous step, and go to where it begins" []
                    => cursor::previous_step(state);
            }
            Time "Time" {
                FrameForward "frame-forward" "right l" "go one frame forward" [] => cursor::move_cursor(state, 1);
                FrameBack "frame-back" "left h" "go one frame back" [] => cursor::move_cursor(state, -1);
                TenFramesForward "ten-frames-forward" "shift-right L" "go ten frames forward" []
                    => cursor::move_cursor(state, 10);
                TenFramesBack "ten-frames-back" "shift-left H" "go ten frames back" []
                    => cursor::move_cursor(state, -10);
                FirstFrame "first-frame" "g home" "go to the first frame" []
                    => cursor::move_cursor(state, isize::MIN);
                LastFrame "last-frame" "G end" "go to the last frame" [] => cursor::move_cursor(state, isize::MAX);
                WhereTheyPart "where-they-part" "." "go to where the compared classes differ most" []
                    => cursor::go_where_they_part(state);
                ZoomIn "zoom-in" "Z *" "show half as long a time around the cursor, as Ctrl or Alt and the wheel do" [] => zoom::by(state, 0.5);
                ZoomOut "zoom-out" "-" "show twice as long a time" [] => zoom::by(state, 2.0);
                ZoomOff "zoom-off" "0" "show the whole clip again" [] => zoom::off(state);
                Play "play" "space" "play the clip at its own speed, or stop" [] => cursor::play(state, now);
            }
            Moments "Moments in a recording" {
                FindMoments "moments" "ctrl-f" "find where each candidate happens, and list these moments" [Embeddings]
                    => overlays::moments::open(state);
                NextMoment "next-moment" ";" "go to the next moment" [] => moments::turn(state, true);
                PreviousMoment "previous-moment" "," "go to the previous moment" [] => moments::turn(state, false);
                OpenMoment "open-moment" "'" "open the moment at the cursor as a clip of its own, or go back" [Embeddings]
                    => moments::turn_part(state);
                HideMoments "hide-moments" "backspace" "hide the moments, and look for them no more" []
                    => moments::hide(state);
            }
            Views "Views" {
                ShowScript "show-script" "f2" "script, matrix and film of the selected class" []
                    => views::show(state, View::Script);
                Compare "compare" "c" "pin the selected class and compare it with another" []
                    => views::compare(state);
                ShowLedger "show-ledger" "C" "what each step adds to the scores of the compared classes" []
                    => views::ledger(state);
                ShowSmoothing "show-smoothing" "b" "the matrix before and after smoothing" [Embeddings]
                    => views::toggle(state, View::Smoothing);
                ShowFrame "show-frame" "f" "the frame under the cursor, large, with its value for each step" []
                    => views::toggle(state, View::Frame);
                ShowPatches "show-patches" "F" "which parts of the frame carry its similarity to the step" []
                    => frame::turn_patches(state, PatchKind::Step);
                ComparePatches "compare-patches" "X" "which parts speak for the step rather than the compared class' step" []
                    => frame::turn_patches(state, PatchKind::Difference);
                Look "look" "V" "ask the vision-language model what the clip shows" [] => models::look(state);
                ShowMap "show-map" "m" "map of all steps, without and with context" [Embeddings]
                    => views::toggle(state, View::Map);
                MapColours "map-colours" "M" "colour the map by class or by domain" []
                    => state.map_by_domain = !state.map_by_domain;
                NextView "next-view" "tab" "show the next view" [] => views::turn(state, 1);
                PreviousView "previous-view" "shift-tab" "show the previous view" [] => views::turn(state, -1);
                Pin "pin-settings" "w" "pin the settings, to see which classes move; or unpin them" []
                    => views::pin(state);
            }
            Knobs "Knobs" {
                SmoothLess "smooth-less" "[" "smooth over one frame fewer" [Embeddings] => knobs::smooth(state, -1);
                SmoothMore "smooth-more" "]" "smooth over one frame more" [Embeddings] => knobs::smooth(state, 1);
                SmoothMuchLess "smooth-much-less" "{" "smooth over ten frames fewer" [Embeddings]
                    => knobs::smooth(state, -10);
                SmoothMuchMore "smooth-much-more" "}" "smooth over ten frames more" [Embeddings]
                    => knobs::smooth(state, 10);
                NextTemplate "next-template" "t" "use the next template" [Embeddings]
                    => knobs::turn_template(state, 1);
                PreviousTemplate "previous-template" "T" "use the previous template" [Embeddings]
                    => knobs::turn_template(state, -1);
                EditTemplate "edit-template" "y" "write a template of your own" [Embeddings Line]
                    => asks::template(state);
                NextAligner "next-aligner" "a" "use the next aligner" []
                    => knobs::turn(state, |method| method.aligner = knobs::next(method.aligner));
                OpenStart "open-start" "(" "let the first step of segment begin at any frame" []
                    => knobs::turn_end(state, |method| &mut method.open_start);
                OpenEnd "open-end" ")" "let the last step of segment end at any frame" []
                    => knobs::turn_end(state, |method| &mut method.open_end);
                EditAligner "edit-aligner" "A" "write the aligner, its background and its band" [Line]
                    => asks::aligner(state);
                NextCell "next-cell" "x" "align affinities, logits or cosines" []
                    => knobs::turn(state, |method| method.cell = knobs::next(method.cell));
                NextPreset "next-preset" "z" "follow the paper's text or the authors' released scripts" [Embeddings]
                    => knobs::turn(state, |method| method.preset = knobs::next(method.preset));
                NextScale "next-scale" "v" "colour the matrix by rank, logarithm or value" []
                    => views::turn_scale(state);
                EditCalibration "edit-calibration" "=" "override alpha and beta of the affinity" [Line]
                    => asks::calibration(state);
                EditSampling "edit-sampling" "r" "sample more or fewer frames per second" [Embeddings Line]
                    => asks::sampling(state);
            }
            Edit "Editing scripts" {
                EditStep "edit-step" "e" "change the selected step" [Scripts Line] => asks::step(state);
                AddStep "add-step" "o" "add a step after the selected one" [Scripts Line]
                    => asks::new_step(state, 1);
                AddStepBefore "add-step-before" "O" "add a step before the selected one" [Scripts Line]
                    => asks::new_step(state, 0);
                DeleteStep "delete-step" "d" "delete the selected step" [Scripts] => edit::delete_step(state);
                StepUp "step-up" "alt-up K" "move the selected step up" [Scripts] => edit::move_step(state, -1);
                StepDown "step-down" "alt-down J" "move the selected step down" [Scripts] => edit::move_step(state, 1);
                AddClass "add-class" "+" "add a class" [Scripts Line] => asks::new_class(state);
                RenameClass "rename-class" "E" "rename the selected class" [Scripts Line]
                    => asks::class_name(state);
                DeleteClass "delete-class" "D" "delete the selected class" [Scripts] => edit::delete_class(state);
                WriteScript "write-script" "I" "have a language model write the class' script; again, stop it" [Scripts]
                    => models::write_selected(state);
                Undo "undo" "u" "undo the last edit" [Scripts] => edit::undo(state);
                Redo "redo" "U ctrl-r" "redo the edit that was undone" [Scripts] => edit::redo(state);
                SaveScripts "save-scripts" "W" "save the scripts as a file" [Scripts Line]
                    => asks::scripts_file(state, false);
            }
            Files "Clips and files" {
                NextClip "next-clip" "N" "show the next clip" [] => clips::turn(state, 1);
                PreviousClip "previous-clip" "P" "show the previous clip" [] => clips::turn(state, -1);
                NextModel "next-model" "B" "show the clip under the next of the open models" []
                    => clips::turn_model(state);
                ShowResults "results" "R" "list the clips of an evaluation, or its failures by cluster" []
                    => overlays::results::open(state);
                NextWrong "next-wrong" ">" "show the next clip that the evaluation has wrong" []
                    => results::turn(state, true);
                PreviousWrong "previous-wrong" "<" "show the previous clip that the evaluation has wrong" []
                    => results::turn(state, false);
                Open "open" "ctrl-o" "pick a clip or a script file to open" [Embeddings Line]
                    => files::open(state);
                SaveSnapshot "save-snapshot" "s" "save a snapshot (JSON): actalign-tui FILE opens it again" []
                    => saving::save(state, SaveAs::Snapshot);
                SaveFigure "save-figure" "S" "save a figure of what you compare (SVG and PNG)" []
                    => saving::save(state, SaveAs::Figure);
            }
            Program "Program" {
                Palette "palette" ": ctrl-p" "find a command by its name" [] => palette::open(state);
                Help "help" "? f1" "show or hide this help" [] => help::open(state);
                NextTheme "next-theme" "ctrl-t" "dark, light or colour-blind-safe colours" []
                    => views::turn_theme(state);
                Mouse "mouse" "" "use the mouse to select text, or for the explorer again" []
                    => mouse::turn(state);
                Tour "tour" "i" "begin the demo's guided tour" [] => tour::begin(state);
                TourNext "tour-next" "enter" "go to the next step of the tour" [] => tour::next(state);
                Suspend "suspend" "ctrl-z" "go back to the shell; fg comes back here" [] => state.effects.push(Effect::Suspend);
                Dismiss "dismiss" "esc" "close what is open, clear the message, end the tour" []
                    => views::dismiss(state);
                Quit "quit" "q ctrl-c" "quit" [] => leave::quit(state);
            }
        }
    };
}
pub(super) use table;

/// The row of a command.
pub struct About {
    pub command: Command,
    /// Its name in the palette, in the configuration and in plain text.
    pub name: &'static str,
    pub group: Group,
    /// Its default keys, separated by spaces.
    pub keys: &'static str,
    pub help: &'static str,
    needs: &'static [Need],
}

/// What a command cannot do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Embeddings of frames and steps, which a snapshot does not have.
    Embeddings,
    /// Embeddings, and scripts that can be edited: not those that a dataset gives to each clip.
    Scripts,
    /// A line of text, which it asks for.
    Line,
}

macro_rules! define {
    (|$state:ident, $now:ident| $($group:ident $heading:literal {
        $($variant:ident $name:literal $keys:literal $help:literal [$($need:ident)*] => $does:expr;)*
    })*) => {
        /// A command of the explorer; see its [`About`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Command {
            $($(#[doc = $help] $variant,)*)*
        }

        /// Commands that belong together, in the order of the help.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Group {
            $(#[doc = $heading] $group,)*
        }

        impl Group {
            pub const ALL: &[Self] = &[$(Self::$group),*];

            /// Its heading.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$group => $heading,)*
                }
            }
        }

        /// Every command, in the order of the help.
        pub const COMMANDS: &[About] = &[
            $($(About {
                command: Command::$variant,
                name: $name,
                group: Group::$group,
                keys: $keys,
                help: $help,
                needs: &[$(Need::$need),*],
            },)*)*
        ];
    };
}
table!(define);

impl Command {
    /// Its row. `COMMANDS` is in the order of the enum.
    pub fn about(self) -> &'static About {
        &COMMANDS[self as usize]
    }

    /// Whether it cannot do without this.
    pub fn needs(self, need: Need) -> bool {
        self.about().needs.contains(&need)
    }

    /// The command of that name.
    pub fn named(name: &str) -> Option<Self> {
        COMMANDS.iter().find(|about| about.name == name).map(|about| about.command)
    }

    /// Whether it selects the candidate in a place, which the help says once for all places.
    pub fn is_candidate(self) -> bool {
        self.about().name.starts_with("candidate-")
    }
}
