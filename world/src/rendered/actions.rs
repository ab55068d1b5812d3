//! The benchmark's classes, named as viewers of the sport name them. Training sees single pictures of steps, and neither
//! these names nor these orders.

use std::cmp::Ordering;

/// The world's sports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sport {
    /// A wooden floor, a hoop, a ball.
    Basketball,
    /// Ice and boards.
    FigureSkating,
    /// A hard or clay court, a net, rackets and a small ball.
    Tennis,
    /// A stage with a platform and a bar.
    Weightlifting,
}

impl Sport {
    pub const ALL: [Self; 4] = [Self::Basketball, Self::FigureSkating, Self::Tennis, Self::Weightlifting];

    /// The name of the domain in scripts and captions.
    pub fn name(self) -> &'static str {
        match self {
            Self::Basketball => "basketball",
            Self::FigureSkating => "figure skating",
            Self::Tennis => "tennis",
            Self::Weightlifting => "weightlifting",
        }
    }

    /// In [`Sport::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }
}

/// An action class.
#[derive(Debug, PartialEq, Eq)]
pub struct Action {
    pub sport: Sport,
    /// Unique.
    pub name: &'static str,
    /// Keys of [`Step`](super::Step)s, in order.
    pub steps: &'static [&'static str],
}

const fn action(sport: Sport, name: &'static str, steps: &'static [&'static str]) -> Action {
    Action { sport, name, steps }
}

use Sport::{Basketball, FigureSkating, Tennis, Weightlifting};

/// The classes of easy clips. Each sport has two pairs with the same steps in another order, a pair that differs in one step,
/// and two classes with steps of every sport.
pub const ACTIONS: &[Action] = &[
    action(Basketball, "jump shot", &["dribble", "hold", "crouch", "overhead", "shot"]),
    action(Basketball, "pump fake jumper", &["overhead", "hold", "dribble", "crouch", "shot"]),
    action(Basketball, "isolation drive", &["hold", "dribble", "run", "layup"]),
    action(Basketball, "fast break", &["run", "hold", "dribble", "layup"]),
    action(Basketball, "slam dunk", &["run", "dribble", "crouch", "dunk"]),
    action(Basketball, "layup", &["run", "dribble", "crouch", "layup"]),
    action(Basketball, "behind the back pass", &["dribble", "behind", "hold", "pass"]),
    action(Basketball, "pump fake pass", &["dribble", "overhead", "hold", "pass"]),
    action(Basketball, "shot block", &["run", "crouch", "jump", "arms up"]),
    action(Basketball, "halftime dance", &["kneel", "spread", "spin", "bow"]),
    action(FigureSkating, "camel combination", &["crossover", "camel", "sit spin", "layback", "landing"]),
    action(FigureSkating, "layback combination", &["crossover", "layback", "sit spin", "camel", "landing"]),
    action(FigureSkating, "axel", &["crossover", "kick", "twist", "landing"]),
    action(FigureSkating, "jump and step sequence", &["twist", "landing", "crossover", "kick"]),
    action(FigureSkating, "biellmann spin", &["camel", "spin", "foot to head", "landing"]),
    action(FigureSkating, "layback spin", &["camel", "spin", "layback", "landing"]),
    action(FigureSkating, "split jump", &["run", "crouch", "jump", "arms up"]),
    action(FigureSkating, "curtain call", &["kneel", "spread", "spin", "bow"]),
    action(Tennis, "classic serve", &["tap", "toss", "crouch", "racket back", "smash"]),
    action(Tennis, "abbreviated serve", &["crouch", "tap", "racket back", "toss", "smash"]),
    action(Tennis, "approach and smash", &["forehand", "run", "volley", "smash"]),
    action(Tennis, "smash and approach", &["smash", "run", "forehand", "volley"]),
    action(Tennis, "drop shot get", &["backhand", "forehand", "lunge", "scoop"]),
    action(Tennis, "stretch volley", &["backhand", "forehand", "lunge", "volley"]),
    action(Tennis, "match point celebration", &["run", "crouch", "jump", "arms up"]),
    action(Tennis, "farewell to the fans", &["kneel", "spread", "spin", "bow"]),
    action(Weightlifting, "clean and jerk", &["grip", "front squat", "rack", "split", "lockout"]),
    action(Weightlifting, "barbell complex", &["grip", "rack", "lockout", "split", "front squat"]),
    action(Weightlifting, "snatch", &["chalk", "grip", "overhead squat", "lockout", "drop"]),
    action(Weightlifting, "power snatch and squat", &["grip", "lockout", "overhead squat", "drop", "chalk"]),
    action(Weightlifting, "deadlift", &["chalk", "grip", "hang", "drop"]),
    action(Weightlifting, "power clean", &["chalk", "grip", "rack", "drop"]),
    action(Weightlifting, "record celebration", &["run", "crouch", "jump", "arms up"]),
    action(Weightlifting, "podium thanks", &["kneel", "spread", "spin", "bow"]),
];

/// The classes that only video clips have, besides those of [`ACTIONS`]: twins of several others, and another order pair for
/// each sport.
pub const VIDEO_ACTIONS: &[Action] = &[
    action(Basketball, "turnaround jumper", &["dribble", "hold", "spin", "overhead", "shot"]),
    action(Basketball, "free throw", &["dribble", "hold", "crouch", "shot"]),
    action(Basketball, "hook shot", &["dribble", "hold", "spin", "hook"]),
    action(Basketball, "skyhook", &["dribble", "hold", "crouch", "hook"]),
    action(Basketball, "drop step hook", &["hold", "dribble", "crouch", "hook"]),
    action(Basketball, "spin move", &["run", "dribble", "spin", "layup"]),
    action(Basketball, "behind the back layup", &["run", "dribble", "behind", "layup"]),
    action(Basketball, "windmill dunk", &["run", "dribble", "behind", "dunk"]),
    action(Basketball, "alley oop", &["run", "crouch", "jump", "dunk"]),
    action(Basketball, "chest pass", &["dribble", "hold", "pass"]),
    action(FigureSkating, "camel spin", &["crossover", "camel", "spin", "landing"]),
    action(FigureSkating, "sit spin", &["crossover", "sit spin", "spin", "landing"]),
    action(FigureSkating, "camel into sit spin", &["crossover", "camel", "sit spin", "landing"]),
    action(FigureSkating, "sit into camel spin", &["crossover", "sit spin", "camel", "landing"]),
    action(FigureSkating, "flying camel", &["crossover", "jump", "camel", "landing"]),
    action(FigureSkating, "flying sit spin", &["crossover", "jump", "sit spin", "landing"]),
    action(FigureSkating, "death drop", &["crossover", "twist", "sit spin", "landing"]),
    action(FigureSkating, "catch foot spiral", &["crossover", "camel", "foot to head", "landing"]),
    action(FigureSkating, "loop jump", &["crossover", "crouch", "twist", "landing"]),
    action(FigureSkating, "spread eagle jump", &["crossover", "spread", "twist", "landing"]),
    action(Tennis, "flat serve", &["tap", "toss", "racket back", "smash"]),
    action(Tennis, "kick serve", &["tap", "toss", "racket back", "jump", "smash"]),
    action(Tennis, "underarm serve", &["tap", "toss", "racket back", "scoop"]),
    action(Tennis, "chip and charge", &["backhand", "run", "volley", "smash"]),
    action(Tennis, "half volley approach", &["forehand", "run", "scoop", "smash"]),
    action(Tennis, "running forehand", &["backhand", "run", "forehand"]),
    action(Tennis, "running backhand", &["forehand", "run", "backhand"]),
    action(Tennis, "passing shot", &["forehand", "run", "lunge", "backhand"]),
    action(Tennis, "forehand return", &["crouch", "jump", "forehand"]),
    action(Tennis, "backhand return", &["crouch", "jump", "backhand"]),
    action(Weightlifting, "power snatch", &["chalk", "grip", "lockout", "drop"]),
    action(Weightlifting, "squat clean", &["chalk", "grip", "front squat", "rack", "drop"]),
    action(Weightlifting, "hang clean", &["chalk", "grip", "hang", "rack", "drop"]),
    action(Weightlifting, "missed snatch", &["chalk", "grip", "overhead squat", "drop"]),
    action(Weightlifting, "missed clean", &["chalk", "grip", "front squat", "drop"]),
    action(Weightlifting, "thruster", &["grip", "rack", "front squat", "lockout", "drop"]),
    action(Weightlifting, "clean and press", &["grip", "front squat", "rack", "lockout", "drop"]),
    action(Weightlifting, "military press", &["grip", "rack", "lockout", "drop"]),
    action(Weightlifting, "power clean and jerk", &["grip", "rack", "split", "lockout"]),
    action(Weightlifting, "split snatch", &["chalk", "grip", "split", "lockout", "drop"]),
];

/// All classes.
pub fn all() -> impl Iterator<Item = &'static Action> + Clone {
    ACTIONS.iter().chain(VIDEO_ACTIONS)
}

impl Action {
    /// Whether the other has the same steps in another order.
    pub fn is_order_pair(&self, other: &Self) -> bool {
        let sorted = |action: &Self| {
            let mut steps = action.steps.to_vec();
            steps.sort_unstable();
            steps
        };
        self.sport == other.sport && self.steps != other.steps && sorted(self) == sorted(other)
    }

    /// Whether the other differs in one step: another one, one more or one less.
    pub fn is_near_twin(&self, other: &Self) -> bool {
        let differing = || self.steps.iter().zip(other.steps).filter(|(a, b)| a != b).count();
        self.sport == other.sport
            && match self.steps.len().cmp(&other.steps.len()) {
                Ordering::Equal => differing() == 1,
                Ordering::Greater => other.lacks_one_of(self),
                Ordering::Less => self.lacks_one_of(other),
            }
    }

    /// Whether one step of the other is all that this action lacks.
    fn lacks_one_of(&self, longer: &Self) -> bool {
        longer.steps.len() == self.steps.len() + 1 && is_within(self.steps.iter(), longer.steps)
    }

    /// Whether the other consists of the same steps in another sport, where they look alike.
    pub fn is_shared_phase(&self, other: &Self) -> bool {
        self.sport != other.sport && self.steps == other.steps
    }

    /// Steps (their numbers) without which the action is still none of the others, as far as its other steps tell.
    pub fn dispensable(&self, others: &[&Self]) -> Vec<usize> {
        let tells = |without: usize| {
            let left = || self.steps.iter().enumerate().filter(|(i, _)| *i != without).map(|(_, step)| step);
            others.iter().all(|other| other.steps == self.steps || !is_within(left(), other.steps))
        };
        (0..self.steps.len()).filter(|&step| tells(step)).collect()
    }
}

/// Whether `steps` all occur in `all`, in this order.
fn is_within<'a>(steps: impl IntoIterator<Item = &'a &'static str>, all: &[&'static str]) -> bool {
    let mut rest = all.iter();
    steps.into_iter().all(|step| rest.any(|other| other == step))
}
