//! A chart, drawn by `plotters` as SVG that follows the page's theme.
//!
//! `plotters` knows colours by their number. Each [`Ink`] has a number of its own, and where the library has written that, a
//! class takes its place: `ink-hit` for a line, `fill-hit` for a plane or a text. Colours and dashes are the stylesheet's
//! (`style/traffic.css`), so a chart is light or dark as the page is, and no colour is the only sign.

use aside_domain::decimal;
use aside_domain::markup::safe;
use plotters::coord::Shift;
use plotters::coord::combinators::{IntoLogRange, LogCoord};
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use std::fmt::Write;
use std::ops::Range;

/// Units of the drawing for one pixel of its narrowest size: `plotters` places by whole units.
const FINE: u32 = 4;
/// How high letters are, in pixels of the narrowest size.
const LETTERS: f64 = 11.0;
/// Beyond so many seconds lines are thin, because there is less than a pixel or two for a second.
const DENSE: f64 = 150.0;
/// `plotters` takes a font's size for the height of its line.
const LINE_HEIGHT: f64 = 1.24;

type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;
type Paper<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// What something is drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// Lines behind all others.
    Grid,
    /// What stands beside the axes.
    Letters,
    /// Requests.
    Requests,
    /// Those of the traffic beside it.
    RequestsBeside,
    /// Requests that failed.
    Errors,
    /// Those of the traffic beside it.
    ErrorsBeside,
    /// The hit rate.
    HitRate,
    /// That of the traffic beside it.
    HitRateBeside,
    /// Queries.
    Queries,
    /// Those of the traffic beside it.
    QueriesBeside,
    /// Half of the hits took no longer.
    Hit50,
    /// 95 percent.
    Hit95,
    /// 99 percent.
    Hit99,
    /// Between 50 and 99 percent.
    HitBand,
    /// Half of the misses took no longer.
    Miss50,
    /// 95 percent.
    Miss95,
    /// 99 percent.
    Miss99,
    /// Between 50 and 99 percent.
    MissBand,
}

/// The inks' names in classes, in their order.
const WORDS: [&str; 18] = [
    "grid",
    "letters",
    "requests",
    "requests beside",
    "errors",
    "errors beside",
    "hit",
    "hit beside",
    "queries",
    "queries beside",
    "hit p50",
    "hit p95",
    "hit p99",
    "hit band",
    "miss p50",
    "miss p95",
    "miss p99",
    "miss band",
];

impl Ink {
    const fn number(self) -> RGBColor {
        RGBColor(0, 0, self as u8)
    }

    /// A short line as it is drawn with it, for a chart's key.
    pub fn sample(self) -> String {
        let class = WORDS[self as usize];
        format!(
            r#"<svg class="key-line" viewBox="0 0 22 8" aria-hidden="true"><line class="ink-{class}" x1="1" y1="4" x2="21" y2="4"/></svg>"#
        )
    }
}

/// How values are placed.
#[derive(Debug, Clone, PartialEq)]
pub enum Scale {
    /// From 0 to the last of these; there is a label at each.
    Even(Vec<f64>),
    /// From the first of these to the last, by their logarithms; there is a label at each.
    Log(Vec<f64>),
}

impl Scale {
    /// Even, from 0 to at least `top`, in few steps.
    pub fn up_to(top: f64) -> Self {
        let step = step(top.max(1.0) / 3.0);
        let steps = (top.max(1.0) / step).ceil() as u32;
        Self::Even((0..=steps).map(|index| f64::from(index) * step).collect())
    }

    /// By logarithms, a label at each power of ten, with all of the values within: `None` if none is above zero.
    pub fn log(values: impl Iterator<Item = f64> + Clone) -> Option<Self> {
        let values = values.filter(|value| *value > 0.0);
        let lowest = values.clone().reduce(f64::min)?.log10().floor() as i32;
        let highest = values.reduce(f64::max)?.log10().ceil() as i32;
        Some(Self::Log((lowest..=highest.max(lowest + 1)).map(|power| 10_f64.powi(power)).collect()))
    }
}

/// The least of 1, 2 or 5, with zeros behind it, that is not below `least`.
fn step(least: f64) -> f64 {
    let unit = 10_f64.powi(least.log10().floor() as i32);
    [1.0, 2.0, 5.0].into_iter().map(|digit| digit * unit).find(|step| *step >= least).unwrap_or(10.0 * unit)
}

/// A line: its values at moments, in seconds; where there is none the line is interrupted.
pub struct Line {
    /// What it is drawn with.
    pub ink: Ink,
    /// Its values.
    pub points: Vec<(f64, Option<f64>)>,
}

/// A plane between two lines: what it is drawn with, and both values at moments; where there are none it is interrupted.
pub type Band = (Ink, Vec<(f64, Option<(f64, f64)>)>);

/// A chart: lines over time.
pub struct Chart {
    /// What there is to be seen, for those who cannot.
    pub alt: String,
    /// How wide it is where it is narrowest, and how high then, in pixels.
    pub size: (u32, u32),
    /// When it ends, in seconds.
    pub seconds: f64,
    /// How values are placed.
    pub scale: Scale,
    /// A value as its label.
    pub label: fn(f64) -> String,
    /// Planes between two lines.
    pub bands: Vec<Band>,
    /// The lines, the first behind the others.
    pub lines: Vec<Line>,
}

impl Chart {
    /// The chart as SVG.
    pub fn svg(&self) -> String {
        let (width, height) = (self.size.0 * FINE, self.size.1 * FINE);
        let mut drawn = String::new();
        let paper = SVGBackend::with_string(&mut drawn, (width, height)).into_drawing_area();
        let result = match &self.scale {
            Scale::Even(at) => {
                let top = at.last().copied().unwrap_or(1.0);
                self.draw(&paper, Labelled(RangedCoordf64::from(0.0..top), at.clone()))
            }
            Scale::Log(at) => {
                let (low, high) = (at.first().copied().unwrap_or(1.0), at.last().copied().unwrap_or(10.0));
                self.draw(&paper, Labelled(LogCoord::from((low..high).log_scale()), at.clone()))
            }
        };
        drop(paper);
        // It is written into a string, which cannot fail.
        debug_assert!(result.is_ok(), "{result:?}");
        let inside = drawn.split_once('>').map_or("", |(_, inside)| inside);
        let mut svg = String::with_capacity(inside.len());
        let alt = safe(&self.alt);
        let class = if self.seconds > DENSE { "chart dense" } else { "chart" };
        // Writing to a string cannot fail.
        let _ = write!(svg, r#"<svg class="{class}" viewBox="0 0 {width} {height}" role="img" aria-label="{alt}">"#);
        svg.push_str(&themed(inside));
        svg
    }

    fn draw<Y: Ranged<ValueType = f64>>(&self, paper: &Paper, y: Labelled<Y>) -> Drawn {
        let every = step(self.seconds.max(1.0) / 5.0).max(1.0);
        let moments = (0..).map(|index| f64::from(index) * every).take_while(|at| *at <= self.seconds).collect();
        let mut chart = ChartBuilder::on(paper)
            .margin_top(7 * FINE)
            .margin_right(15 * FINE)
            .x_label_area_size(20 * FINE)
            .y_label_area_size(46 * FINE)
            .build_cartesian_2d(Labelled(RangedCoordf64::from(0.0..self.seconds.max(1.0)), moments), y)?;
        let letters = ("sans-serif", LETTERS * LINE_HEIGHT * f64::from(FINE));
        chart
            .configure_mesh()
            .disable_x_mesh()
            .bold_line_style(Ink::Grid.number())
            .max_light_lines(0)
            .axis_style(Ink::Grid.number())
            .set_all_tick_mark_size(2 * FINE)
            .set_tick_mark_size(LabelAreaPosition::Bottom, 3 * FINE)
            .label_style(letters.into_font().color(&Ink::Letters.number()))
            .x_label_formatter(&|at| format!("{} s", decimal(*at, 0)))
            .y_label_formatter(&|value| (self.label)(*value))
            .draw()?;
        for (ink, points) in &self.bands {
            for run in unbroken(points) {
                let above = run.iter().map(|(at, (_, high))| (*at, *high));
                let below = run.iter().rev().map(|(at, (low, _))| (*at, *low));
                chart.draw_series([Polygon::new(above.chain(below).collect::<Vec<_>>(), ink.number().filled())])?;
            }
        }
        for line in &self.lines {
            let style = line.ink.number().stroke_width(FINE);
            for run in unbroken(&line.points) {
                match run.as_slice() {
                    [only] => chart.draw_series([Circle::new(*only, 2 * FINE, line.ink.number().filled())])?,
                    _ => chart.draw_series(LineSeries::new(run, style))?,
                };
            }
        }
        Ok(())
    }
}

/// An axis with labels at these values.
struct Labelled<R>(R, Vec<f64>);

impl<R: Ranged<ValueType = f64>> Ranged for Labelled<R> {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        self.0.map(value, limit)
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() { Vec::new() } else { self.1.clone() }
    }

    fn range(&self) -> Range<f64> {
        self.0.range()
    }
}

/// The runs of points that have a value.
fn unbroken<T: Copy>(points: &[(f64, Option<T>)]) -> Vec<Vec<(f64, T)>> {
    let runs = points.split(|(_, value)| value.is_none()).filter(|run| !run.is_empty());
    runs.map(|run| run.iter().filter_map(|(at, value)| value.map(|value| (*at, value))).collect()).collect()
}

/// What `plotters` has drawn, with classes in place of its colours and without what the stylesheet says.
fn themed(drawn: &str) -> String {
    let mut svg = drawn.replace(r#" opacity="1""#, "").replace(r#" font-family="sans-serif""#, "").replace(" \"", "\"");
    for (number, word) in WORDS.into_iter().enumerate() {
        svg = svg.replace(&format!(r##"stroke="#0000{number:02X}""##), &format!(r#"class="ink-{word}""#));
        svg = svg.replace(&format!(r##"fill="#0000{number:02X}""##), &format!(r#"class="fill-{word}""#));
    }
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_few_and_round() {
        let top = |top: f64| match Scale::up_to(top) {
            Scale::Even(at) => at,
            Scale::Log(_) => Vec::new(),
        };
        assert_eq!(top(0.0), [0.0, 0.5, 1.0]);
        assert_eq!(top(100.0), [0.0, 50.0, 100.0]);
        assert_eq!(top(1_180.0), [0.0, 500.0, 1_000.0, 1_500.0]);
        assert_eq!(top(20_001.0), [0.0, 10_000.0, 20_000.0, 30_000.0]);
    }

    #[test]
    fn a_logarithmic_scale_has_all_values_and_at_least_one_decade() {
        let log = |values: &[f64]| Scale::log(values.iter().copied());
        assert_eq!(log(&[0.0]), None);
        assert_eq!(log(&[200.0, 0.0]), Some(Scale::Log(vec![100.0, 1_000.0])));
        assert_eq!(log(&[100.0]), Some(Scale::Log(vec![100.0, 1_000.0])));
        assert_eq!(log(&[90.0, 12_000.0]), Some(Scale::Log(vec![10.0, 100.0, 1_000.0, 10_000.0, 100_000.0])));
    }
}
