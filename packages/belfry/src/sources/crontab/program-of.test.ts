import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { programOf } from "./program-of.ts";

const LINES: readonly (readonly [line: string, program: string])[] = [
  ["/usr/local/bin/backup.sh -v", "backup.sh"],
  ["A=b C=d /x/run.sh", "run.sh"],
  ["cd / && run-parts --report /etc/cron.hourly", "run-parts"],
  ["test -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; }", "run-parts"],
  [
    "test -x /usr/bin/certbot -a \\! -d /run/systemd/system && perl -e 'sleep int(rand(43200))' && certbot -q renew",
    "certbot",
  ],
  [
    "if [ -x /usr/share/mdadm/checkarray ] && [ $(date +\\%d) -le 7 ]; then /usr/share/mdadm/checkarray --cron; fi",
    "checkarray",
  ],
  ["command -v debian-sa1 > /dev/null && debian-sa1 1 1", "debian-sa1"],
  ["[ -x /usr/lib/php/sessionclean ] && /usr/lib/php/sessionclean", "sessionclean"],
  ["cd /srv && nice -n 10 python3 jobs/load.py | mail ops", "load.py"],
  ["sudo -u www-data php -q /var/www/cron.php", "cron.php"],
  ["/usr/bin/flock -n /tmp/lock /opt/sync --all", "sync"],
  ["timeout 30m ./report > /dev/null 2>&1", "report"],
  ["python3 -m jobs.load", "jobs.load"],
  ["java -jar /opt/etl.jar", "etl.jar"],
  ["/opt/a.sh && curl -fsS https://example.org/ping", "a.sh"],
  ["curl -fsS https://example.org/tick", "curl"],
  ["/usr/bin/env bash -lc 'echo hi; rm x'", "bash"],
  ["mysqldump app | gzip > /backup/app.gz", "mysqldump"],
  ['echo "a && b; c"', "echo"],
  ["[ 1 ]", ""],
  ["", ""],
];

describe("the program that a crontab line is about", () => {
  for (const [line, program] of LINES) {
    it(`is ${program || "none"}: ${line || "(an empty line)"}`, () => {
      assert.equal(programOf(line), program);
    });
  }
});
