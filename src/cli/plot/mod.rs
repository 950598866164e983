//! Objective against iteration or time.

mod file;
mod png;
mod terminal;

use super::args::Plot;
use super::output::{fit, Output};
use super::{find, invalid, Ended, Result};
use serde_json::json;
use warmstart::{Run, Store, Trace};

/// One run's curve.
pub struct Series {
    pub name: String,
    /// From left to right; all finite.
    pub points: Vec<(f64, f64)>,
}

/// What is drawn, and what the axes mean.
pub struct Chart {
    pub series: Vec<Series>,
    pub x: &'static str,
    pub y: String,
    /// The values are positive, and drawn on a logarithmic axis.
    pub log: bool,
}

impl Chart {
    /// The least and the greatest of both axes, never equal.
    pub fn extent(&self) -> ((f64, f64), (f64, f64)) {
        let of = |pick: fn(&(f64, f64)) -> f64| {
            let all = self.series.iter().flat_map(|s| &s.points).map(pick);
            let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
            for value in all {
                low = low.min(value);
                high = high.max(value);
            }
            widened(low, high)
        };
        (of(|p| p.0), of(|p| p.1))
    }
}

fn widened(low: f64, high: f64) -> (f64, f64) {
    if low < high {
        return (low, high);
    }
    let around = if low == 0.0 { 1.0 } else { low.abs() * 0.1 };
    (low - around, low + around)
}

/// One run's trace as points; what has no objective, or no iteration where that is the axis, is left out.
fn points(trace: &Trace, by_time: bool) -> Vec<(f64, f64)> {
    let mut points: Vec<(f64, f64)> = trace
        .points
        .iter()
        .filter_map(|p| {
            let x = if by_time {
                p.seconds
            } else {
                p.iteration? as f64
            };
            Some((x, p.objective?))
        })
        .filter(|(x, y)| x.is_finite() && y.is_finite())
        .collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    points
}

/// The distance to the lowest of all; that itself has none on a logarithmic axis.
fn distances(series: &mut Vec<Series>) -> f64 {
    let all = series.iter().flat_map(|s| &s.points).map(|p| p.1);
    let lowest = all.fold(f64::INFINITY, f64::min);
    for s in series.iter_mut() {
        s.points.iter_mut().for_each(|p| p.1 -= lowest);
        s.points.retain(|p| p.1 > 0.0);
    }
    series.retain(|s| !s.points.is_empty());
    lowest
}

fn gather(store: &Store, asked: &Plot) -> Result<Vec<Series>> {
    let mut series = Vec::new();
    let several = asked.what.len() > 1;
    for what in &asked.what {
        let place = find::place(store, what)?;
        let mut runs: Vec<(Run, Trace)> = Vec::new();
        for run in find::runs(store, &place)? {
            let trace = store.trace(place.key, &run.run_id)?;
            let Some(trace) = trace.filter(|t| !t.points.is_empty()) else {
                continue;
            };
            // Two entries of one session, its best and its latest, carry one curve.
            let began = |t: &Trace| t.opened_unix_seconds.to_bits();
            match runs.iter_mut().find(|(_, t)| began(t) == began(&trace)) {
                Some((_, longer)) if longer.points.len() >= trace.points.len() => {}
                Some(found) => *found = (run, trace),
                None => runs.push((run, trace)),
            }
        }
        runs.truncate(asked.runs);
        for (run, trace) in runs {
            let tail: String = run.run_id.chars().rev().take(8).collect();
            let tail: String = tail.chars().rev().collect();
            let name = match &run.label {
                Some(label) => format!("{} ({tail})", fit(label, 30)),
                None if several => format!("{:.8}/{tail}", place.key),
                None => fit(&run.run_id, 40),
            };
            let points = points(&trace, asked.time);
            series.push(Series { name, points });
        }
    }
    series.retain(|s| !s.points.is_empty());
    Ok(series)
}

pub fn run(store: &Store, asked: &Plot, out: &mut Output) -> Result<Ended> {
    let mut series = gather(store, asked)?;
    if series.is_empty() {
        anstream::eprintln!(
            "warmstart: no trace is stored there; sessions store one with each checkpoint that has an objective"
        );
        return Ok(Ended::Badly);
    }
    let mut y = "objective".to_string();
    if asked.log {
        let lowest = distances(&mut series);
        if series.is_empty() {
            return Err(invalid(
                "plotting on a logarithmic axis".into(),
                "all objectives are equal",
                "Plot without --log",
            ));
        }
        y = format!("objective above {lowest}");
    }
    let chart = Chart {
        series,
        x: if asked.time { "seconds" } else { "iteration" },
        y,
        log: asked.log,
    };
    if out.json {
        for s in &chart.series {
            let document =
                json!({ "name": s.name, "x": chart.x, "y": chart.y, "points": s.points });
            out.document(&document)?;
        }
    } else if let Some(path) = &asked.out {
        file::write(&chart, path)?;
        out.line(format!("{} written", path.display()))?;
    } else {
        terminal::draw(&chart, out)?;
    }
    Ok(Ended::Well)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_of_one_value_has_room_around_it() {
        assert_eq!(widened(0.0, 0.0), (-1.0, 1.0));
        let (low, high) = widened(-5.0, -5.0);
        assert!(low < -5.0 && high > -5.0);
        assert_eq!(widened(1.0, 2.0), (1.0, 2.0));
    }

    #[test]
    fn on_a_logarithmic_axis_the_lowest_of_all_runs_is_the_reference() {
        let series = |points: &[(f64, f64)]| Series {
            name: String::new(),
            points: points.to_vec(),
        };
        let mut all = vec![series(&[(0.0, 3.0), (1.0, 2.0)]), series(&[(0.0, 1.0)])];
        assert_eq!(distances(&mut all), 1.0);
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].points, [(0.0, 2.0), (1.0, 1.0)]);
    }
}
