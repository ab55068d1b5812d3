//! The order in which frames are embedded.

/// Place of frame `index` in an order that covers a clip evenly at every moment: bit reversal, so that
/// the frames embedded first are the first, the middle, the quarters, the eighths …
///
/// The reversal is over 64 bits: the order among the frames of a clip does not depend on how many there are.
pub fn even_coverage(index: usize) -> u64 {
    (index as u64).reverse_bits()
}

#[cfg(test)]
mod tests {
    use super::even_coverage;

    #[test]
    fn every_prefix_of_the_order_covers_the_clip_evenly() {
        let n = 100;
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by_key(|&i| even_coverage(i));
        for taken in 2..n {
            let mut seen = order[..taken].to_vec();
            seen.sort_unstable();
            seen.push(n);
            let widest = seen.windows(2).map(|w| w[1] - w[0]).max().unwrap();
            // 128 slots halved ⌊log2⌋ times bound the widest gap.
            assert!(widest <= 128 >> taken.ilog2(), "{taken} frames leave a gap of {widest}");
        }
    }
}
