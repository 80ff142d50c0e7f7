//! How many elements a batch should have for its transaction to take about as long as is wanted. It knows no clock.

const FIRST: usize = 5_000;
const LEAST: usize = 100;
const MOST: usize = 100_000;

#[derive(Debug)]
pub struct BatchSize {
    aim_ms: f64,
    /// Milliseconds for an element.
    cost: Option<f64>,
    elements: usize,
}

impl BatchSize {
    pub const fn new(aim_ms: f64) -> Self {
        Self { aim_ms, cost: None, elements: FIRST }
    }

    pub const fn elements(&self) -> usize {
        self.elements
    }

    /// Learns from a batch of so many elements. It may be of an earlier size, as others wait before it. `halve`: somebody
    /// had to wait for a lock of ours, and has to wait half as long the next time.
    pub fn learn(&mut self, elements: usize, took_ms: f64, halve: bool) {
        let before = self.elements as f64;
        let elements = elements.max(1) as f64;
        // The rest at the end, or few that are large: what a transaction costs by itself says nothing of more elements.
        if 2.0 * elements < before && took_ms < self.aim_ms && !halve {
            return;
        }
        let new = took_ms.max(0.1) / elements;
        // A batch that is too large costs more than one that is too small.
        let weight = if self.cost.is_some_and(|old| new > old) { 0.6 } else { 0.3 };
        let cost = self.cost.map_or(new, |old| old.mul_add(1.0 - weight, new * weight));
        self.cost = Some(cost);
        let most = if halve { 0.5 * before } else { 1.5 * before.min(elements) };
        let wanted = (self.aim_ms / cost).clamp(0.5 * before.min(most), most);
        self.elements = (wanted as usize).clamp(LEAST, MOST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Batches that wait are of the size that was right when they were filled.
    fn run(size: &mut BatchSize, batches: usize, cost: f64) -> Vec<f64> {
        let mut waiting = std::collections::VecDeque::from([size.elements(); 3]);
        let mut took = Vec::new();
        for _ in 0..batches {
            let elements = waiting.pop_front().unwrap();
            took.push(elements as f64 * cost);
            size.learn(elements, elements as f64 * cost, false);
            waiting.push_back(size.elements());
        }
        took
    }

    #[test]
    fn it_comes_to_its_aim_and_not_over_it() {
        let mut size = BatchSize::new(100.0);
        let took = run(&mut size, 40, 0.004);
        assert!(took.iter().all(|took| *took < 101.0), "{took:?}");
        assert!(*took.last().unwrap() > 95.0, "{took:?}");
    }

    #[test]
    fn it_follows_what_becomes_slower() {
        let mut size = BatchSize::new(100.0);
        run(&mut size, 40, 0.004);
        let took = run(&mut size, 12, 0.012);
        assert!(took[..3].iter().all(|took| *took > 200.0) && *took.last().unwrap() < 110.0, "{took:?}");
    }

    #[test]
    fn who_had_to_wait_waits_half_as_long() {
        let mut size = BatchSize::new(100.0);
        run(&mut size, 40, 0.004);
        let before = size.elements();
        size.learn(before, 100.0, true);
        assert_eq!(size.elements(), before / 2);
        size.learn(1, 10_000.0, false);
        assert!(size.elements() >= LEAST);
    }
}
