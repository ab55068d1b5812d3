//! The benchmark's classes. Training sees single pictures of steps, and neither these names nor these orders.

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

/// All classes. Each sport has two pairs with the same steps in another order, a pair that differs in one step, and two
/// classes with steps of every sport.
pub const ACTIONS: &[Action] = &[
    action(Basketball, "quick jumper", &["dribble", "hold", "crouch", "overhead", "shot"]),
    action(Basketball, "late jumper", &["overhead", "hold", "dribble", "crouch", "shot"]),
    action(Basketball, "baseline drive", &["hold", "dribble", "run", "layup"]),
    action(Basketball, "corner drive", &["run", "hold", "layup", "dribble"]),
    action(Basketball, "power finish", &["run", "dribble", "crouch", "dunk"]),
    action(Basketball, "classic finish", &["run", "dribble", "crouch", "layup"]),
    action(Basketball, "backdoor dish", &["dribble", "behind", "hold", "pass"]),
    action(Basketball, "open dish", &["dribble", "overhead", "hold", "pass"]),
    action(Basketball, "double rebound", &["run", "crouch", "jump", "arms up"]),
    action(Basketball, "halftime encore", &["kneel", "spread", "spin", "bow"]),
    action(FigureSkating, "crystal combination", &["crossover", "camel", "sit spin", "layback", "landing"]),
    action(FigureSkating, "mirror combination", &["crossover", "layback", "sit spin", "camel", "landing"]),
    action(FigureSkating, "silver axel", &["crossover", "kick", "twist", "landing"]),
    action(FigureSkating, "golden axel", &["twist", "landing", "crossover", "kick"]),
    action(FigureSkating, "swan finale", &["camel", "spin", "foot to head", "landing"]),
    action(FigureSkating, "arrow finale", &["camel", "spin", "layback", "landing"]),
    action(FigureSkating, "winter entry", &["run", "crouch", "jump", "arms up"]),
    action(FigureSkating, "closing reverence", &["kneel", "spread", "spin", "bow"]),
    action(Tennis, "classic serve", &["tap", "toss", "crouch", "racket back", "smash"]),
    action(Tennis, "slow serve", &["crouch", "tap", "racket back", "toss", "smash"]),
    action(Tennis, "deep approach", &["forehand", "run", "volley", "smash"]),
    action(Tennis, "sharp approach", &["smash", "run", "forehand", "volley"]),
    action(Tennis, "short rally", &["backhand", "forehand", "lunge", "scoop"]),
    action(Tennis, "cross rally", &["backhand", "forehand", "lunge", "volley"]),
    action(Tennis, "match triumph", &["run", "crouch", "jump", "arms up"]),
    action(Tennis, "court farewell", &["kneel", "spread", "spin", "bow"]),
    action(Weightlifting, "heavy complex", &["grip", "front squat", "rack", "split", "lockout"]),
    action(Weightlifting, "strict complex", &["grip", "rack", "lockout", "split", "front squat"]),
    action(Weightlifting, "fast snatch", &["chalk", "grip", "overhead squat", "lockout", "drop"]),
    action(Weightlifting, "ladder snatch", &["grip", "lockout", "overhead squat", "drop", "chalk"]),
    action(Weightlifting, "training pull", &["chalk", "grip", "hang", "drop"]),
    action(Weightlifting, "meet pull", &["chalk", "grip", "rack", "drop"]),
    action(Weightlifting, "record leap", &["run", "crouch", "jump", "arms up"]),
    action(Weightlifting, "podium thanks", &["kneel", "spread", "spin", "bow"]),
];

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

    /// Whether the other differs in one step.
    pub fn is_near_twin(&self, other: &Self) -> bool {
        let differing = self.steps.iter().zip(other.steps).filter(|(a, b)| a != b).count();
        self.sport == other.sport && self.steps.len() == other.steps.len() && differing == 1
    }

    /// Whether the other consists of the same steps in another sport, where they look alike.
    pub fn is_shared_phase(&self, other: &Self) -> bool {
        self.sport != other.sport && self.steps == other.steps
    }
}
