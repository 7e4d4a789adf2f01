package telemetry

import (
	"context"
	"log/slog"
	"strings"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// trace sets the tracer up. What the standard variables say beside the collector's
// address (OTEL_EXPORTER_OTLP_HEADERS, OTEL_TRACES_SAMPLER, OTEL_SERVICE_NAME...)
// the libraries read by themselves.
func (t *Telemetry) trace(ctx context.Context, o Options) error {
	t.tracer, t.stop = noop.NewTracerProvider().Tracer("strongroom"), func(context.Context) error { return nil }
	if o.Collector == "" {
		return nil
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(strings.TrimRight(o.Collector, "/")+"/v1/traces"))
	if err != nil {
		return err
	}
	self, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", "strongroom"), attribute.String("service.version", o.Version)), resource.WithFromEnv())
	if err != nil {
		return err
	}
	if o.Failed != nil {
		otel.SetErrorHandler(otel.ErrorHandlerFunc(o.Failed))
	}
	p := sdk.NewTracerProvider(sdk.WithBatcher(exporter), sdk.WithResource(self))
	t.tracer, t.stop = p.Tracer("strongroom"), p.Shutdown
	return nil
}

// Close hands over the traces that are still here.
func (t *Telemetry) Close(ctx context.Context) error { return t.stop(ctx) }

// Log adds the trace's id to every line that is logged within one.
func Log(h slog.Handler) slog.Handler { return traced{h} }

type traced struct{ slog.Handler }

func (h traced) Handle(ctx context.Context, r slog.Record) error {
	if s := trace.SpanContextFromContext(ctx); s.IsValid() {
		r = r.Clone()
		r.AddAttrs(slog.String("trace_id", s.TraceID().String()))
	}
	return h.Handler.Handle(ctx, r)
}

func (h traced) WithAttrs(as []slog.Attr) slog.Handler { return traced{h.Handler.WithAttrs(as)} }
func (h traced) WithGroup(name string) slog.Handler    { return traced{h.Handler.WithGroup(name)} }
