//! Kubernetes CronJobs, as YAML. A busy run (exit 5) is tried again until the job's time is over; wrong use and
//! missing rights (2, 4) are not.
use std::fmt::Write as _;

use anyhow::Context as _;

use crate::operations::schedule::job::{Call, Job};

/// What the jobs run in.
#[derive(Clone, Debug)]
pub struct Cluster {
    pub image: String,
    pub namespace: Option<String>,
    /// Its keys become the environment: `PGHOST`, `PGPASSWORD`, ...
    pub secret: String,
    /// Holds `pgtend.toml`.
    pub config_map: String,
}

/// A run that hangs ends some time. The next ones wait for it (`Forbid`), however often they are due.
const LONGEST_SECONDS: u32 = 6 * 3600;

/// `options`: those that every call of pgtend has. The configuration is read from the config map.
///
/// A job that is a command of the user's is left out: pgtend's image has no shell.
///
/// # Errors
/// When a name cannot be written as YAML.
pub fn kubernetes(jobs: &[Job], options: &[String], cluster: &Cluster) -> anyhow::Result<String> {
    let mut text = String::from("# Written by `pgtend schedule kubernetes`; for kubectl apply -f -\n");
    for job in jobs {
        let Call::Pgtend(arguments) = &job.call else { continue };
        let config = ["--config".to_owned(), "/etc/pgtend/pgtend.toml".to_owned()];
        let args: Vec<&String> = options.iter().chain(&config).chain(arguments).collect();
        let args = serde_json::to_string(&args).context("write the arguments")?;
        // Writing to a String cannot fail.
        let _ = write!(text, "{}", cron_job(job, &args, cluster)?);
    }
    Ok(text)
}

fn cron_job(job: &Job, args: &str, cluster: &Cluster) -> anyhow::Result<String> {
    // A JSON string is a YAML string.
    let yaml = |text: &str| serde_json::to_string(text).context("write a name");
    let namespace = match &cluster.namespace {
        Some(namespace) => format!("\n  namespace: {}", yaml(namespace)?),
        None => String::new(),
    };
    Ok(format!(
        r#"---
# {about}
apiVersion: batch/v1
kind: CronJob
metadata:
  name: pgtend-{name}{namespace}
  labels:
    app.kubernetes.io/name: pgtend
spec:
  schedule: {schedule}
  timeZone: Etc/UTC
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 300
  successfulJobsHistoryLimit: 1
  failedJobsHistoryLimit: 3
  jobTemplate:
    spec:
      backoffLimit: 2
      activeDeadlineSeconds: {deadline}
      podFailurePolicy:
        rules:
          # Busy: try again.
          - action: Ignore
            onExitCodes:
              containerName: pgtend
              operator: In
              values: [5]
          # Wrong use, or not permitted: no use in trying again.
          - action: FailJob
            onExitCodes:
              containerName: pgtend
              operator: In
              values: [2, 4]
      template:
        metadata:
          labels:
            app.kubernetes.io/name: pgtend
        spec:
          restartPolicy: Never
          automountServiceAccountToken: false
          containers:
            - name: pgtend
              image: {image}
              command: ["pgtend"]
              args: {args}
              envFrom:
                - secretRef:
                    name: {secret}
              volumeMounts:
                - name: config
                  mountPath: /etc/pgtend
                  readOnly: true
              securityContext:
                allowPrivilegeEscalation: false
                readOnlyRootFilesystem: true
          volumes:
            - name: config
              configMap:
                name: {config_map}
"#,
        about = job.about,
        name = job.name,
        schedule = yaml(&job.cadence.cron())?,
        deadline = LONGEST_SECONDS,
        image = yaml(&cluster.image)?,
        secret = yaml(&cluster.secret)?,
        config_map = yaml(&cluster.config_map)?,
    ))
}
