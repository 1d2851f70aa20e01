//! What is measured: inputs, links, who takes part, and what is hoped for. One table each.

use std::time::Duration;

use crate::inputs::Input;
use crate::peers::Peer::{self, Awscli, Awscrt, Davit, Davit32, Limit, LimitCrc64, Naive, Rclone, S5cmd, Tm};
use crate::sink::{Faults, Link};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// One table.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) title: String,
    pub(crate) variants: Vec<Variant>,
    pub(crate) peers: &'static [Peer],
    pub(crate) goals: Vec<Goal>,
    pub(crate) tls: bool,
    /// Of the limits, which do not find it out.
    pub(crate) connections: usize,
}

/// One of a case's ways; most have one.
pub(crate) struct Variant {
    pub(crate) name: &'static str,
    pub(crate) input: Input,
    pub(crate) link: Link,
    /// Busy answers and resets, in thousandths of requests with a body.
    pub(crate) faults: Option<(u64, u64)>,
    /// Peers that do not take part in it.
    pub(crate) without: &'static [Peer],
}

/// A figure of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Figure {
    Cpu,
    Wall,
    /// The most memory held, in MiB.
    Memory,
    /// The most requests with a body at a time.
    Active,
    /// Bytes beyond the input's, as a multiple of what the failed requests could have cost in parts of 8 MiB.
    Waste,
    /// Seconds after the link's last change until a second begins in which nine tenths of it are used.
    Back,
}

/// Against what a figure of Davit is held.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Against {
    /// The figure itself.
    Itself,
    /// The same of a peer, in the same round.
    Peer(Peer),
    /// The quickest that the link allows.
    Link,
    /// What it is more than in another variant, in the same round.
    Variant(&'static str),
}

/// What is hoped for.
pub(crate) struct Goal {
    pub(crate) figure: Figure,
    pub(crate) of: Peer,
    /// In which variant.
    pub(crate) variant: &'static str,
    pub(crate) against: Against,
    pub(crate) at_most: f64,
}

impl Variant {
    fn of(input: Input) -> Self {
        Self { name: "", input, link: Link::default(), faults: None, without: &[] }
    }

    /// Seconds that the link alone takes for the input.
    pub(crate) fn ideal(&self) -> Option<f64> {
        let mut left = self.input.bytes() as f64;
        for (n, (from, rate)) in self.link.all.iter().enumerate() {
            let until = self.link.all.get(n + 1).map(|(until, _)| until.saturating_sub(*from).as_secs_f64());
            let takes = left / *rate as f64;
            match until {
                Some(lasts) if lasts < takes => left -= lasts * *rate as f64,
                _ => return Some(from.as_secs_f64() + takes),
            }
        }
        None
    }

    pub(crate) fn faults(&self, seed: u64) -> Option<Faults> {
        self.faults.map(|(busy_per_mille, reset_per_mille)| Faults { seed, busy_per_mille, reset_per_mille })
    }
}

fn goal(figure: Figure, against: Against, at_most: f64) -> Goal {
    Goal { figure, of: Davit, variant: "", against, at_most }
}

const EVERYBODY: &[Peer] = &[Davit, Limit, LimitCrc64, Tm, Naive, Awscrt, S5cmd, Rclone, Awscli];

/// All of them; small ones for a look at whether everything works.
pub(crate) fn all(quick: bool) -> Vec<Case> {
    let size = |full: u64, small: u64| if quick { small } else { full };
    vec![
        big("big-http", size(4 * GIB, 48 * MIB), false),
        big("big-https", size(4 * GIB, 48 * MIB), true),
        small("small-http", if quick { 200 } else { 10_000 }, false),
        small("small-https", if quick { 200 } else { 10_000 }, true),
        memory(quick),
        wan_d(size(512 * MIB, 24 * MIB), size(2, 20)),
        wan_d1(size(512 * MIB, 24 * MIB)),
        wan_many(if quick { 40 } else { 2_048 }, size(2, 20)),
        drop_and_return(size(512 * MIB, 32 * MIB), size(2, 20), size(3_000, 100)),
        // Of few requests many must fail for some to do so.
        faults(size(GIB, 64 * MIB), size(20, 200), size(10, 100)),
    ]
}

fn sized(bytes: u64) -> String {
    if bytes >= GIB { format!("{} GiB", bytes / GIB) } else { format!("{} MiB", bytes / MIB) }
}

fn big(name: &'static str, bytes: u64, tls: bool) -> Case {
    let s5cmd = if tls { 5.0 } else { 7.0 };
    Case {
        name,
        title: format!("One file of {}, {}", sized(bytes), if tls { "https" } else { "http" }),
        variants: vec![Variant::of(Input::Noise(bytes))],
        peers: EVERYBODY,
        goals: vec![
            goal(Figure::Cpu, Against::Peer(LimitCrc64), 1.05),
            goal(Figure::Cpu, Against::Peer(S5cmd), 1.0 / s5cmd),
            goal(Figure::Cpu, Against::Peer(Tm), 0.8),
            goal(Figure::Wall, Against::Peer(Tm), 0.85),
        ],
        tls,
        connections: 8,
    }
}

fn small(name: &'static str, files: u32, tls: bool) -> Case {
    let s5cmd = if tls { 8.0 } else { 6.0 };
    Case {
        name,
        title: format!("{files} files of 64 KiB, {}", if tls { "https" } else { "http" }),
        variants: vec![Variant::of(Input::Many(files, 64 * KIB))],
        peers: EVERYBODY,
        goals: vec![
            goal(Figure::Wall, Against::Peer(S5cmd), 1.0 / s5cmd),
            goal(Figure::Cpu, Against::Peer(Limit), 1.5),
        ],
        tls,
        connections: 8,
    }
}

fn memory(quick: bool) -> Case {
    let sizes: &[(&'static str, u64)] = if quick {
        &[("1 GiB", 64 * MIB), ("64 GiB", 128 * MIB)]
    } else {
        &[("1 GiB", GIB), ("4 GiB", 4 * GIB), ("16 GiB", 16 * GIB), ("64 GiB", 64 * GIB)]
    };
    let variant = |(name, bytes): &(&'static str, u64)| {
        // Who reads everything twice or hashes it takes too long for what little is learnt.
        let without: &[Peer] = if *bytes > 4 * GIB { &[Naive, Rclone, Awscli, S5cmd, Awscrt] } else { &[] };
        Variant { name, without, ..Variant::of(Input::Sparse(*bytes)) }
    };
    let of_32 = |variant| Goal { of: Davit32, variant, ..goal(Figure::Memory, Against::Itself, 40.0) };
    Case {
        name: "memory",
        title: "Memory against size: one sparse file, http".to_owned(),
        variants: sizes.iter().map(variant).collect(),
        peers: &[Davit, Davit32, Limit, Tm, Naive, Awscrt, S5cmd, Rclone, Awscli],
        goals: vec![
            of_32("1 GiB"),
            of_32("64 GiB"),
            Goal { variant: "64 GiB", ..goal(Figure::Memory, Against::Variant("1 GiB"), 2.0) },
            Goal { of: Davit32, variant: "64 GiB", ..goal(Figure::Memory, Against::Variant("1 GiB"), 2.0) },
        ],
        tls: false,
        connections: 8,
    }
}

/// So many MB/s a connection, 60 in all, and the latency in milliseconds.
fn wan(each: u64, latency: u64) -> Link {
    Link {
        each: Some(each * 1_000_000),
        all: vec![(Duration::ZERO, 60_000_000)],
        latency: Duration::from_millis(latency),
        receive_buffer: Some(256 << 10),
    }
}

fn wan_d(bytes: u64, each: u64) -> Case {
    Case {
        name: "wan-d",
        title: format!("WAN d: {}, {each} MB/s a connection, 60 MB/s in all, 100 ms", sized(bytes)),
        variants: vec![Variant { link: wan(each, 100), ..Variant::of(Input::Noise(bytes)) }],
        peers: EVERYBODY,
        goals: vec![goal(Figure::Wall, Against::Link, 1.15)],
        tls: false,
        connections: 32,
    }
}

fn wan_d1(bytes: u64) -> Case {
    Case {
        name: "wan-d1",
        title: format!("WAN d1: {}, 20 MB/s a connection, 60 MB/s in all, 20 ms", sized(bytes)),
        variants: vec![Variant { link: wan(20, 20), ..Variant::of(Input::Noise(bytes)) }],
        peers: EVERYBODY,
        goals: vec![goal(Figure::Wall, Against::Link, 1.15), goal(Figure::Active, Against::Itself, 8.0)],
        tls: false,
        connections: 8,
    }
}

fn wan_many(files: u32, each: u64) -> Case {
    Case {
        name: "wan-many",
        title: format!("WAN of many: {files} files of 256 KiB; otherwise as WAN d"),
        variants: vec![Variant { link: wan(each, 100), ..Variant::of(Input::Many(files, 256 * KIB)) }],
        peers: EVERYBODY,
        goals: vec![goal(Figure::Wall, Against::Link, 1.15)],
        tls: false,
        connections: 32,
    }
}

fn drop_and_return(bytes: u64, each: u64, lasts: u64) -> Case {
    let at = |n: u64, rate| (Duration::from_millis(n * lasts), rate);
    let all = vec![at(0, 60_000_000), at(1, 6_000_000), at(4, 60_000_000)];
    Case {
        name: "drop",
        title: format!(
            "A link that drops: {} at 60 MB/s, after {} s at 6 MB/s for {} s, and back; otherwise as WAN d",
            sized(bytes),
            lasts as f64 / 1e3,
            3.0 * lasts as f64 / 1e3
        ),
        variants: vec![Variant { link: Link { all, ..wan(each, 100) }, ..Variant::of(Input::Noise(bytes)) }],
        peers: EVERYBODY,
        goals: vec![goal(Figure::Wall, Against::Link, 1.15), goal(Figure::Back, Against::Itself, 5.0)],
        tls: false,
        connections: 32,
    }
}

fn faults(bytes: u64, busy: u64, resets: u64) -> Case {
    let input = Input::Noise(bytes);
    Case {
        name: "faults",
        title: format!(
            "Faults: {}, {} % of requests answered 503 after their body, {} % of connections reset within it; http",
            sized(bytes),
            busy / 10,
            resets / 10
        ),
        variants: vec![
            Variant { name: "clean", ..Variant::of(input) },
            Variant {
                name: "faults",
                faults: Some((busy, resets)),
                without: &[Limit, LimitCrc64],
                ..Variant::of(input)
            },
        ],
        peers: EVERYBODY,
        goals: vec![
            Goal { variant: "faults", ..goal(Figure::Wall, Against::Variant("clean"), 0.3) },
            Goal { variant: "faults", ..goal(Figure::Waste, Against::Itself, 1.5) },
        ],
        tls: false,
        connections: 8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_alone_takes_its_time() {
        let close = |case: &Case, seconds: f64| (case.variants[0].ideal().expect("a link") - seconds).abs() < 0.01;
        assert!(close(&wan_d(512 * MIB, 2), 8.95));
        // 180 MB in 3 s, 54 MB in 9 s, the other 303 MB in 5 s.
        assert!(close(&drop_and_return(512 * MIB, 2, 3_000), 17.05));
        assert!(big("big-http", GIB, false).variants[0].ideal().is_none());
    }

    #[test]
    fn every_goal_is_of_a_variant_and_peers_that_there_are() {
        for case in all(false).iter().chain(&all(true)) {
            for goal in &case.goals {
                assert!(case.variants.iter().any(|variant| variant.name == goal.variant), "{}", case.name);
                assert!(case.peers.contains(&goal.of), "{}", case.name);
                match goal.against {
                    Against::Peer(peer) => assert!(case.peers.contains(&peer), "{}", case.name),
                    Against::Variant(name) => assert!(case.variants.iter().any(|v| v.name == name), "{}", case.name),
                    Against::Itself | Against::Link => {}
                }
            }
        }
    }
}
