//! Published checkpoints.

use super::config::Config;
use crate::backbone::clip::{self, Generation};
use crate::backbone::config::TowerSizes;
use crate::backbone::facts::KnownModel;
use crate::backbone::family::Backbone;

const BASE: [TowerSizes; 2] = [[768, 3072, 12, 12], [512, 2048, 12, 8]];
const LARGE: [TowerSizes; 2] = [[1024, 4096, 24, 16], [768, 3072, 12, 12]];

/// Name, towers, image and patch size, frames of a clip. The MIT has the dimensions of the text tower.
type Row = (&'static str, [TowerSizes; 2], [usize; 2], usize);

const MODELS: [Row; 10] = [
    ("microsoft/xclip-base-patch32", BASE, [224, 32], 8),
    ("microsoft/xclip-base-patch32-16-frames", BASE, [224, 32], 16),
    ("microsoft/xclip-base-patch16", BASE, [224, 16], 8),
    ("microsoft/xclip-base-patch16-16-frames", BASE, [224, 16], 16),
    ("microsoft/xclip-base-patch16-kinetics-600", BASE, [224, 16], 8),
    ("microsoft/xclip-base-patch16-kinetics-600-16-frames", BASE, [224, 16], 16),
    ("microsoft/xclip-base-patch16-zero-shot", BASE, [224, 16], 32),
    ("microsoft/xclip-large-patch14", LARGE, [224, 14], 8),
    ("microsoft/xclip-large-patch14-16-frames", LARGE, [336, 14], 16),
    ("microsoft/xclip-large-patch14-kinetics-600", LARGE, [224, 14], 8),
];

const VOCABULARY: usize = 49_408;

pub(super) fn models() -> Vec<KnownModel> {
    MODELS.map(known).into()
}

fn known((id, towers, sides, frames): Row) -> KnownModel {
    let [dim, mlp, ..] = towers[1];
    let clip = clip::Config::of_sizes(Generation::Clip, towers, sides, VOCABULARY, dim);
    KnownModel { id, licence: "MIT", facts: Config::of_sizes(clip, frames, [dim, mlp]).facts() }
}

#[cfg(test)]
mod tests {
    use crate::backbone::registry::find;

    /// Those of the reference implementation: `tests/reference/xclip.py sizes`.
    #[test]
    fn parameters_are_those_of_the_reference() {
        for (name, parameters) in [
            ("base-patch32", 196_585_729),
            ("base-patch32-16-frames", 196_589_825),
            ("base-patch16", 194_929_153),
            ("base-patch16-zero-shot", 194_941_441),
            ("large-patch14", 575_673_601),
            ("large-patch14-16-frames", 576_007_425),
        ] {
            let found = find(&format!("microsoft/xclip-{name}")).unwrap();
            assert_eq!(found.facts.parameters, parameters, "{name}");
        }
    }
}
