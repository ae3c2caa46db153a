package metrics

// Metric is one row of the table of metrics.
type Metric struct {
	Name   string
	Type   string // gauge, counter or histogram
	Labels []string
	Help   string
}

// The names of the metrics.
const (
	nReady        = "vidimus_ready"
	nReasons      = "vidimus_ready_reasons"
	nAge          = "vidimus_trust_list_age_seconds"
	nSequence     = "vidimus_trust_list_sequence"
	nNextUpdate   = "vidimus_trust_list_next_update_seconds"
	nLastGood     = "vidimus_trust_list_last_good_timestamp_seconds"
	nFailures     = "vidimus_trust_list_failures"
	nState        = "vidimus_trust_list_state"
	nLists        = "vidimus_trust_lists_in_force"
	nCertificates = "vidimus_trust_certificates_in_force"
	nSnapshot     = "vidimus_trust_snapshot_info"
	nPulls        = "vidimus_trust_pulls_total"
	nPullFailures = "vidimus_trust_pull_failures"
	nListPulls    = "vidimus_trust_list_pulls_total"
	nPullTime     = "vidimus_trust_pull_duration_seconds"
	nAlerts       = "vidimus_trust_alerts_total"
	nAttempts     = "vidimus_webhook_attempts_total"
	nPending      = "vidimus_webhook_pending"
	nOldest       = "vidimus_webhook_oldest_seconds"
	nRequests     = "vidimus_http_requests_total"
	nRequestTime  = "vidimus_http_request_duration_seconds"
	nUploads      = "vidimus_uploads"
	nMaxUploads   = "vidimus_uploads_max"
	nJudgings     = "vidimus_judgings"
	nMaxJudgings  = "vidimus_judgings_max"
	nQueue        = "vidimus_queue_depth"
	nRefused      = "vidimus_refused_total"
	nJudged       = "vidimus_judgings_total"
	nJudgingTime  = "vidimus_judging_duration_seconds"
	nSignatures   = "vidimus_signatures_judged_total"
	nBuild        = "vidimus_build_info"
)

var ofList = []string{"territory", "role"}

// table is the table of metrics: what GET /metrics gives, beside what the Go runtime
// and the process tell of themselves (go_…, process_…). The metrics of readiness and
// trust are of the same moment and the same facts as /readyz.
var table = []Metric{
	{nReady, "gauge", nil, "1 when /readyz answers 200, else 0."},
	{nReasons, "gauge", nil, "How many reasons /readyz names for not being ready."},

	{nAge, "gauge", ofList, "Seconds since the list was last known to be the published one; absent where that is not known."},
	{nSequence, "gauge", ofList, "Sequence number of the list in force (TS 119 612 §5.3.2)."},
	{nNextUpdate, "gauge", ofList, "Seconds until the list is to be replaced (TS 119 612 §5.3.15); below 0 it has expired; absent for a closed list."},
	{nLastGood, "gauge", ofList, "When the list was last known to be the published one, in seconds since 1970; absent where that is not known."},
	{nFailures, "gauge", ofList, "Pulls of the list in a row that failed."},
	{nState, "gauge", append(ofList[:2:2], "state"), "1 for the state that the list is in: fresh, stale, expired, missing or unpulled; 0 for the others."},
	{nLists, "gauge", nil, "Lists in force, the list of lists among them."},
	{nCertificates, "gauge", nil, "Distinct certificates of all services of the lists in force."},
	{nSnapshot, "gauge", []string{"digest"}, "1, with the digest of the snapshot in force, which every report names too."},

	{nPulls, "counter", []string{"outcome"}, "Pulls of all lists: complete, partial (some were not had or are refused), failed (not even the list of lists), error (our own part: nothing was stored)."},
	{nPullFailures, "gauge", nil, "Pulls in a row that failed by our own part: the disk is full, say."},
	{nListPulls, "counter", []string{"outcome"}, "Pulls of single lists: new, unchanged, refused or failed."},
	{nPullTime, "histogram", nil, "Seconds of a pull, from the first fetch to the storing."},
	{nAlerts, "counter", []string{"kind"}, "Alerts, each once, by the kinds of the log and the webhooks."},

	{nAttempts, "counter", []string{"outcome"}, "Attempts at webhooks: delivered, retried (later), dropped (given up)."},
	{nPending, "gauge", nil, "Webhooks that wait in the outbox."},
	{nOldest, "gauge", nil, "Seconds since the oldest webhook in the outbox was put there; 0 when it is empty."},

	{nRequests, "counter", []string{"method", "route", "status"}, "Requests answered, by the pattern of the route; none is a path that is not served."},
	{nRequestTime, "histogram", []string{"route"}, "Seconds from a request's header to the end of its answer."},
	{nUploads, "gauge", nil, "Requests whose files are being received or held."},
	{nMaxUploads, "gauge", nil, "Most of them at once."},
	{nJudgings, "gauge", nil, "Files being judged."},
	{nMaxJudgings, "gauge", nil, "Most of them at once."},
	{nQueue, "gauge", nil, "Files that wait for their turn to be judged."},
	{nRefused, "counter", []string{"reason"}, "Requests refused for overload: uploads (too many at once), turn (it waited too long)."},
	{nJudged, "counter", []string{"outcome"}, "Files: judged, refused (they cannot be judged), unready (nothing to judge by), failed (our fault)."},
	{nJudgingTime, "histogram", nil, "Seconds of the judging of one file, the fetching of evidence included."},
	{nSignatures, "counter", []string{"indication"}, "Signatures judged, by indication (EN 319 102-1 §5.1.3)."},
	{nBuild, "gauge", []string{"version", "go"}, "1, with the version of vidimus and of Go."},
}

// Table is the table of metrics.
func Table() []Metric { return table }
