// Package telemetry is what a node measures (Prometheus) and traces (OpenTelemetry).
// It must not be told anything of a person: no address, name, id or path. Invariant:
// every label and attribute is one of a small, fixed set of values.
package telemetry

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Telemetry measures and traces one node. It is safe for concurrent use.
type Telemetry struct {
	metrics  *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	running  prometheus.Gauge
	jobs     *prometheus.CounterVec
	jobTook  *prometheus.HistogramVec

	tracer trace.Tracer
	stop   func(context.Context) error
}

// Options says what to do. Collector is the address of an OpenTelemetry collector,
// as OTEL_EXPORTER_OTLP_ENDPOINT spells it; "" traces nothing.
type Options struct {
	Version, Commit, Collector string
	Failed                     func(error) // told when traces cannot be handed over
}

// New begins to measure, and to trace if there is a collector.
func New(ctx context.Context, o Options) (*Telemetry, error) {
	t := &Telemetry{metrics: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "strongroom_http_requests_total", Help: "Requests answered, by route pattern and status."}, []string{"method", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "strongroom_http_request_seconds", Help: "How long answers took, by route pattern.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}}, []string{"method", "route"}),
		running: prometheus.NewGauge(prometheus.GaugeOpts{Name: "strongroom_http_requests_running", Help: "Requests that are being answered."}),
		jobs:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "strongroom_job_runs_total", Help: "Runs of jobs on this node, by how they ended."}, []string{"job", "state"}),
		jobTook: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "strongroom_job_seconds", Help: "How long runs of jobs took.",
			Buckets: []float64{.01, .1, 1, 10, 60, 600}}, []string{"job"}),
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "strongroom_build_info", Help: "Always 1; the labels say which program this is."}, []string{"version", "commit"})
	build.WithLabelValues(o.Version, o.Commit).Set(1)
	t.metrics.MustRegister(t.requests, t.seconds, t.running, t.jobs, t.jobTook, build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return t, t.trace(ctx, o)
}

// Handler serves the metrics to Prometheus.
func (t *Telemetry) Handler() http.Handler {
	return promhttp.HandlerFor(t.metrics, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}

// Gauge adds a number that is read whenever the metrics are.
func (t *Telemetry) Gauge(name, help string, read func() float64) {
	t.metrics.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "strongroom_" + name, Help: help}, read))
}

// methods are the words that a label may have; anybody can send any other.
var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

// Request begins with one request and returns what ends it, which wants the route's
// pattern (never the path) and the status. from are the headers of a caller whose
// word about the trace it belongs to counts; nil for anybody else.
func (t *Telemetry) Request(ctx context.Context, id, method string, from http.Header) (context.Context, func(route string, status int)) {
	if !slices.Contains(methods, method) {
		method = "other"
	}
	if from != nil {
		ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(from))
	}
	ctx, span := t.tracer.Start(ctx, method, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(attribute.String("strongroom.request_id", id)))
	began := time.Now()
	t.running.Inc()
	return ctx, func(route string, status int) {
		t.running.Dec()
		t.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
		if status != http.StatusSwitchingProtocols { // that lasts as long as the client stays
			t.seconds.WithLabelValues(method, route).Observe(time.Since(began).Seconds())
		}
		span.SetName(method + " " + route)
		span.SetAttributes(attribute.String("http.request.method", method), attribute.String("http.route", route), attribute.Int("http.response.status_code", status))
		if status >= http.StatusInternalServerError {
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}

// Job begins with one run of a job and returns what ends it.
func (t *Telemetry) Job(ctx context.Context, name string) (context.Context, func(failed bool)) {
	ctx, span := t.tracer.Start(ctx, "job "+name)
	began := time.Now()
	return ctx, func(failed bool) {
		state := "done"
		if failed {
			state = "failed"
			span.SetStatus(codes.Error, "")
		}
		t.jobs.WithLabelValues(name, state).Inc()
		t.jobTook.WithLabelValues(name).Observe(time.Since(began).Seconds())
		span.End()
	}
}
