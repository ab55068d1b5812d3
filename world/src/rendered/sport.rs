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
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Basketball, Self::FigureSkating, Self::Tennis, Self::Weightlifting];

    /// The domain's name in scripts and captions.
    pub fn name(self) -> &'static str {
        match self {
            Self::Basketball => "basketball",
            Self::FigureSkating => "figure skating",
            Self::Tennis => "tennis",
            Self::Weightlifting => "weightlifting",
        }
    }

    /// Its place in [`Sport::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }
}
