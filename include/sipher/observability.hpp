#pragma once

/// Ready-made observers; link `sipher::observability`.

#include <sipher/observability/log_observer.hpp>
#include <sipher/observability/metrics_observer.hpp>
#include <sipher/observability/tee_observer.hpp>
#include <sipher/observability/trace_observer.hpp>
