use crate::explore::Report;

/// The report for people: best class first, the settings below.
pub(super) fn table(report: &Report) -> String {
    let rows: Vec<[String; 6]> = report
        .ranking
        .iter()
        .map(|&index| {
            let class = &report.classes[index];
            let frames: Vec<String> = class.frames_per_step.iter().map(usize::to_string).collect();
            [
                class.rank.to_string(),
                class.name.clone(),
                number(class.score),
                class.margin.map_or_else(|| "-".into(), number),
                number(class.order_free),
                frames.join(" ") + if class.collapsed { "  (collapsed)" } else { "" },
            ]
        })
        .collect();
    let header = ["rank", "class", "score", "margin", "order-free", "frames per step"].map(String::from);
    let mut widths = [0; 6];
    for row in rows.iter().chain([&header]) {
        for (width, text) in widths.iter_mut().zip(row) {
            *width = text.chars().count().max(*width);
        }
    }
    let mut table = String::new();
    for [rank, class, score, margin, order_free, frames] in [&header].into_iter().chain(&rows) {
        let [a, b, c, d, e, _] = widths;
        table += &format!("{rank:>a$}  {class:<b$}  {score:>c$}  {margin:>d$}  {order_free:>e$}  {frames}\n");
    }
    let settings = &report.settings;
    let smoothing = match settings.smoothing {
        0 | 1 => "off".into(),
        width => format!("{width} frames"),
    };
    table += &format!(
        "\npreset {}, smoothing {smoothing}, aligner {}, cell {}, alpha {}, beta {}\n",
        settings.preset, settings.aligner, settings.cell, settings.alpha, settings.beta
    );
    table
}

/// Four significant digits at any size: real scores span 1e-5 to 0.3.
fn number(value: f64) -> String {
    format!("{value:.3e}")
}
