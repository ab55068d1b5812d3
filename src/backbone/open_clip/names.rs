//! OpenCLIP's and timm's names of the tensors that the families here ask for by the names of transformers.

use crate::backbone::layout::{Source, WeightLayout};

/// The layout of a model with an image tower of timm's or OpenCLIP's own, and a text tower that is an object of its own or not.
pub(super) fn layout(has_timm_tower: bool, has_text_object: bool) -> &'static WeightLayout {
    static LAYOUTS: [WeightLayout; 4] = [
        weight_layout::<false, false>(),
        weight_layout::<false, true>(),
        weight_layout::<true, false>(),
        weight_layout::<true, true>(),
    ];
    &LAYOUTS[2 * usize::from(has_timm_tower) + usize::from(has_text_object)]
}

const fn weight_layout<const TIMM: bool, const OBJECT: bool>() -> WeightLayout {
    let image_anchor = if TIMM { "visual.trunk.patch_embed.proj.weight" } else { "visual.conv1.weight" };
    let text_anchor = if OBJECT { "text.token_embedding.weight" } else { "token_embedding.weight" };
    WeightLayout {
        file: "open_clip_model.safetensors",
        towers: [
            &["visual."],
            if OBJECT {
                &["text."]
            } else {
                &["transformer.", "token_embedding.", "positional_embedding", "ln_final.", "text_projection"]
            },
        ],
        anchors: [image_anchor, text_anchor],
        source: source::<TIMM, OBJECT>,
    }
}

fn source<const TIMM: bool, const OBJECT: bool>(name: &str) -> Source {
    let text = if OBJECT { "text." } else { "" };
    if let Some(name) = name.strip_prefix("text_model.") {
        return of_text(text, name);
    }
    match (name.strip_prefix("vision_model."), name.strip_prefix("visual_projection.")) {
        (Some(name), _) if TIMM => of_timm("visual.trunk.", name),
        (Some(name), _) => of_vit("visual.", name),
        (_, Some(part)) if TIMM => Source::Whole(format!("visual.trunk.head.{part}")),
        (_, Some(_)) => Source::Transposed("visual.proj".into()),
        _ if name == "text_projection.weight" => Source::Transposed(format!("{text}text_projection")),
        _ => Source::Whole(name.to_owned()),
    }
}

fn of_text(prefix: &str, name: &str) -> Source {
    let whole = |name: &str| Source::Whole(format!("{prefix}{name}"));
    match name {
        "embeddings.token_embedding.weight" => whole("token_embedding.weight"),
        "embeddings.position_embedding.weight" => whole("positional_embedding"),
        _ => in_block(prefix, name).unwrap_or_else(|| {
            whole(&name.replace("final_layer_norm.", "ln_final.").replace("head.", "text_projection."))
        }),
    }
}

fn of_vit(prefix: &str, name: &str) -> Source {
    let whole = |name: &str| Source::Whole(format!("{prefix}{name}"));
    match name {
        "embeddings.class_embedding" => whole("class_embedding"),
        "embeddings.patch_embedding.weight" => whole("conv1.weight"),
        "embeddings.position_embedding.weight" => whole("positional_embedding"),
        _ => in_block(prefix, name).unwrap_or_else(|| {
            whole(&name.replace("pre_layrnorm.", "ln_pre.").replace("post_layernorm.", "ln_post."))
        }),
    }
}

/// A tensor of a layer of OpenCLIP's own transformer.
fn in_block(prefix: &str, name: &str) -> Option<Source> {
    let (layer, part) = name.strip_prefix("encoder.layers.")?.split_once('.')?;
    let block = format!("{prefix}transformer.resblocks.{layer}");
    Some(match projection(part) {
        Some((number, kind)) => {
            Source::Part { name: format!("{block}.attn.in_proj_{kind}"), part: number, of: 3 }
        }
        None => {
            let part = renamed(
                part,
                [
                    ("self_attn.", "attn."),
                    ("layer_norm1.", "ln_1."),
                    ("layer_norm2.", "ln_2."),
                    ("mlp.fc1.", "mlp.c_fc."),
                    ("mlp.fc2.", "mlp.c_proj."),
                ],
            );
            Source::Whole(format!("{block}.{part}"))
        }
    })
}

fn of_timm(prefix: &str, name: &str) -> Source {
    let whole = |name: &str| Source::Whole(format!("{prefix}{name}"));
    if let Some((layer, part)) = name.strip_prefix("encoder.layers.").and_then(|name| name.split_once('.')) {
        let block = format!("{prefix}blocks.{layer}");
        return match projection(part) {
            Some((number, kind)) => {
                Source::Part { name: format!("{block}.attn.qkv.{kind}"), part: number, of: 3 }
            }
            None => {
                let parts = [
                    ("self_attn.out_proj.", "attn.proj."),
                    ("layer_norm1.", "norm1."),
                    ("layer_norm2.", "norm2."),
                ];
                Source::Whole(format!("{block}.{}", renamed(part, parts)))
            }
        };
    }
    if let Some(part) = name.strip_prefix("head.") {
        let pool = |name: &str| format!("{prefix}attn_pool.{name}");
        return match part.strip_prefix("attention.in_proj_") {
            Some(kind) => {
                Source::Joined(vec![(pool(&format!("q.{kind}")), 1), (pool(&format!("kv.{kind}")), 2)])
            }
            None if part == "probe" => Source::Whole(pool("latent")),
            None => Source::Whole(pool(&renamed(
                part,
                [("attention.out_proj.", "proj."), ("layernorm.", "norm.")],
            ))),
        };
    }
    match name {
        "embeddings.class_embedding" => whole("cls_token"),
        "embeddings.position_embedding.weight" => whole("pos_embed"),
        _ => whole(&renamed(
            name,
            [
                ("embeddings.patch_embedding.", "patch_embed.proj."),
                ("pre_layernorm.", "norm_pre."),
                ("post_layernorm.", "norm."),
            ],
        )),
    }
}

/// Which of query, key and value a part of a layer projects to, and whether it is the weight or the bias.
fn projection(part: &str) -> Option<(usize, &str)> {
    let (which, kind) = part.strip_prefix("self_attn.")?.split_once("_proj.")?;
    let number = ["q", "k", "v"].iter().position(|known| *known == which)?;
    Some((number, kind))
}

/// A name with another start, if it has one of these.
fn renamed<const N: usize>(name: &str, starts: [(&str, &str); N]) -> String {
    let found = starts.iter().find_map(|(from, to)| Some(format!("{to}{}", name.strip_prefix(from)?)));
    found.unwrap_or_else(|| name.to_owned())
}
