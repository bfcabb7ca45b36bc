//! What the system says of this process, where it has a `/proc`.

use std::fmt;
use std::fs;

use chrono::{DateTime, Utc};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// Linux counts a process's time in hundredths of a second, whatever its own clock ticks in.
const TICKS_A_SECOND: f64 = 100.0;

/// Read again for each request of the metrics.
#[derive(Debug)]
pub(super) struct Process {
    pub started: DateTime<Utc>,
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let help = "When the process started, in seconds since 1970.";
        let gauge = encoder.encode_descriptor("process_start_time_seconds", help, None, MetricType::Gauge)?;
        ConstGauge::new(self.started.timestamp()).encode(gauge)?;
        if let Some(bytes) = resident_bytes() {
            let help = "Memory that the process has in use.";
            let gauge = encoder.encode_descriptor("process_resident_memory_bytes", help, None, MetricType::Gauge)?;
            ConstGauge::new(bytes).encode(gauge)?;
        }
        if let Some(seconds) = cpu_seconds() {
            let help = "Time that the process spent on a CPU.";
            let counter = encoder.encode_descriptor("process_cpu_seconds", help, None, MetricType::Counter)?;
            ConstCounter::new(seconds).encode(counter)?;
        }
        if let Some(open) = open_files() {
            let help = "Files and sockets that the process has open.";
            let gauge = encoder.encode_descriptor("process_open_fds", help, None, MetricType::Gauge)?;
            ConstGauge::new(open).encode(gauge)?;
        }
        Ok(())
    }
}

fn resident_bytes() -> Option<i64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: i64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// The process's name is in parentheses and may contain anything, so the fields are counted from behind it.
fn cpu_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / TICKS_A_SECOND)
}

fn open_files() -> Option<i64> {
    // Reading the folder opens it, which is not the server's doing.
    i64::try_from(fs::read_dir("/proc/self/fd").ok()?.count()).ok().map(|open| open - 1)
}
