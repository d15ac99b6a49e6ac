// From prometheus-cpp series to the handles of server_metrics.h. Only this folder includes it.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/labels.h>
#include <prometheus/registry.h>

#include <string>
#include <vector>

#include "server/metrics/server_metrics.h"

namespace lookbook {

inline CounterHandle MakeHandle(prometheus::Counter& series) {
  CounterHandle handle;
  handle.series = &series;
  return handle;
}
inline GaugeHandle MakeHandle(prometheus::Gauge& series) {
  GaugeHandle handle;
  handle.series = &series;
  return handle;
}
inline HistogramHandle MakeHandle(prometheus::Histogram& series) {
  HistogramHandle handle;
  handle.series = &series;
  return handle;
}

// A family of `registry`, and series of it. REQUIRES: `registry` outlives what is returned.
inline prometheus::Family<prometheus::Counter>& CounterFamily(prometheus::Registry& registry,
                                                              const std::string& name,
                                                              const std::string& help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}
inline prometheus::Family<prometheus::Gauge>& GaugeFamily(prometheus::Registry& registry,
                                                          const std::string& name,
                                                          const std::string& help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

inline CounterHandle AddCounter(prometheus::Registry& registry, const std::string& name,
                                const std::string& help, const prometheus::Labels& labels = {}) {
  return MakeHandle(CounterFamily(registry, name, help).Add(labels));
}
inline GaugeHandle AddGauge(prometheus::Registry& registry, const std::string& name,
                            const std::string& help, const prometheus::Labels& labels = {}) {
  return MakeHandle(GaugeFamily(registry, name, help).Add(labels));
}
inline HistogramHandle AddHistogram(prometheus::Registry& registry, const std::string& name,
                                    const std::string& help, const std::vector<double>& bounds,
                                    const prometheus::Labels& labels = {}) {
  return MakeHandle(
      prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add(labels, bounds));
}

}  // namespace lookbook
