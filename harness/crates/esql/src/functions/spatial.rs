//! Points on the globe.

use super::{Binder, Bound, Function};
use crate::types::Type;
use crate::value::{Point, Ref, Value};
use harness_source::diagnostic::Diagnostic;

pub(super) const FUNCTIONS: &[Function] = &[
    Function { names: &["st_x"], bind: |b| coordinate(b, |point| point.x) },
    Function { names: &["st_y"], bind: |b| coordinate(b, |point| point.y) },
    Function { names: &["st_distance"], bind: st_distance },
];

/// The radius of the sphere of the same surface as the Earth, in metres.
const RADIUS: f64 = 6_371_008.771_4;

fn point(b: &mut Binder<'_>, index: usize) -> Result<Type, Diagnostic> {
    b.expect(index, |ty| ty == Type::GeoPoint, "geo_point", Some(Type::GeoPoint))
}

fn coordinate(b: &mut Binder<'_>, part: fn(Point) -> f64) -> Result<Bound, Diagnostic> {
    b.arity(1, 1)?;
    point(b, 0)?;
    Ok(Bound::map(Type::Double, move |value| match value {
        Ref::Point(point) => Ok(Some(Value::Double(part(point)))),
        _ => Ok(None),
    }))
}

fn st_distance(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(2, 2)?;
    point(b, 0)?;
    point(b, 1)?;
    Ok(Bound::lists(Type::Double, |args, out| {
        let points = |index: usize| {
            args[index].iter().filter_map(|value| match value {
                Ref::Point(point) => Some(point),
                _ => None,
            })
        };
        let pairs = points(0).flat_map(|a| points(1).map(move |b| distance(a, b)));
        out.extend(pairs.reduce(f64::min).map(Value::Double));
        Ok(())
    }))
}

/// A coordinate as an index stores it, in steps of `range / 2^32`.
fn stored(degrees: f64, half: f64) -> f64 {
    let step = half * 2.0 / 4_294_967_296.0;
    if degrees >= half { half - step } else { (degrees / step).floor() * step }
}

/// The length of the great circle between two points, in metres.
fn distance(a: Point, b: Point) -> f64 {
    let latitude = |point: Point| stored(point.y, 90.0).to_radians();
    let longitude = |point: Point| stored(point.x, 180.0).to_radians();
    let (from, to) = (latitude(a), latitude(b));
    let chord = |angle: f64| 1.0 - angle.cos();
    let h =
        f64::midpoint(chord(from - to), from.cos() * to.cos() * chord(longitude(a) - longitude(b)));
    2.0 * RADIUS * h.sqrt().min(1.0).asin()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_in_metres() {
        let (berlin, paris) = (Point { x: 13.405, y: 52.52 }, Point { x: 2.3522, y: 48.8566 });
        let metres = distance(berlin, paris);
        assert!((metres - 877_460.0).abs() < 1_000.0, "{metres}");
        assert!(distance(berlin, berlin).abs() < 1e-6);
        let half = distance(Point { x: 0.0, y: 90.0 }, Point { x: 0.0, y: -90.0 });
        assert!((half - RADIUS * std::f64::consts::PI).abs() < 1.0, "{half}");
    }
}
