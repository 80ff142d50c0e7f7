//! Numbers as the points of a drawing, in the units of its `viewBox`.

/// The width and height of a sparkline.
pub const SPARK: (f64, f64) = (96.0, 20.0);

/// The outline of bars that stand side by side, the largest as high as the drawing: one path for all of them.
pub fn spark(values: &[f64]) -> String {
    let most = values.iter().copied().fold(0.0, f64::max);
    if most <= 0.0 {
        return String::new();
    }
    let (width, height) = SPARK;
    let step = width / values.len() as f64;
    let bar = |(index, value): (usize, &f64)| {
        // What is there at all can be seen.
        let tall = if *value > 0.0 { (value / most * height).max(1.0) } else { return String::new() };
        let (x, wide) = (step * index as f64, (step - 0.6).max(0.4));
        format!("M{} {height}v-{}h{}v{}z", short(x), short(tall), short(wide), short(tall))
    };
    values.iter().enumerate().map(bar).collect()
}

/// Two digits after the point, and none that say nothing.
pub fn short(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_is_as_high_as_the_drawing_and_nothing_is_not_drawn() {
        assert_eq!(spark(&[0.0, 1.0]), "M48 20v-20h47.4v20z");
        assert_eq!(spark(&[0.0, 0.0]), "");
        assert_eq!(spark(&[]), "");
        assert!(spark(&[0.0001, 1000.0]).starts_with("M0 20v-1h"));
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!([0.0, 12.5, 33.333, 100.0].map(short), ["0", "12.5", "33.33", "100"]);
    }
}
