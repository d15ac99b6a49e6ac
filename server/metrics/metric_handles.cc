#include "server/metrics/metric_handles.h"

namespace lookbook {
namespace {

prometheus::Counter* Counter(void* series) { return static_cast<prometheus::Counter*>(series); }
prometheus::Gauge* Gauge(void* series) { return static_cast<prometheus::Gauge*>(series); }
prometheus::Histogram* Histogram(void* series) {
  return static_cast<prometheus::Histogram*>(series);
}

}  // namespace

void CounterHandle::Add(double by) { Counter(series)->Increment(by); }
double CounterHandle::Value() const { return Counter(series)->Value(); }

void GaugeHandle::Set(double value) { Gauge(series)->Set(value); }
void GaugeHandle::Add(double by) { Gauge(series)->Increment(by); }
double GaugeHandle::Value() const { return Gauge(series)->Value(); }

void HistogramHandle::Observe(double value) { Histogram(series)->Observe(value); }
uint64_t HistogramHandle::Count() const {
  return Histogram(series)->Collect().histogram.sample_count;
}

}  // namespace lookbook
