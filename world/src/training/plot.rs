use plotters::prelude::*;

use crate::training::Progress;

/// Loss and accuracy over the steps, as SVG.
pub fn course(course: &[Progress]) -> String {
    let mut svg = String::new();
    // Drawing into a string does not fail; a plot is not worth ending a training for.
    let _ = draw(&mut svg, course);
    svg
}

fn draw(svg: &mut String, course: &[Progress]) -> Result<(), Box<dyn std::error::Error>> {
    let root = SVGBackend::with_string(svg, (720, 420)).into_drawing_area();
    root.fill(&WHITE)?;
    let steps = course.last().map_or(1, |p| p.steps) as f32;
    let highest = course.iter().map(|p| p.loss).fold(0.0, f32::max).max(0.1);
    let mut chart = ChartBuilder::on(&root)
        .margin(12)
        .caption(
            "loss (blue, left) and share of held-out pictures matched (orange, right)",
            ("sans-serif", 15),
        )
        .x_label_area_size(32)
        .y_label_area_size(44)
        .right_y_label_area_size(44)
        .build_cartesian_2d(0f32..steps, 0f32..highest)?
        .set_secondary_coord(0f32..steps, 0f32..1f32);
    chart.configure_mesh().x_desc("steps").draw()?;
    chart.configure_secondary_axes().draw()?;
    chart
        .draw_series(LineSeries::new(course.iter().map(|p| (p.step as f32, p.loss)), BLUE.stroke_width(2)))?;
    let orange = RGBColor(230, 120, 20);
    chart.draw_secondary_series(LineSeries::new(
        course.iter().map(|p| (p.step as f32, p.accuracy)),
        orange.stroke_width(2),
    ))?;
    root.present()?;
    Ok(())
}
