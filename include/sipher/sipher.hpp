#pragma once

/// Everything of sipher. None of these headers includes Boost.Beast or OpenSSL.

#include <sipher/async_call.hpp>
#include <sipher/attempt.hpp>
#include <sipher/call_options.hpp>
#include <sipher/client.hpp>
#include <sipher/client_options.hpp>
#include <sipher/client_stats.hpp>
#include <sipher/clock.hpp>
#include <sipher/enumerations.hpp>
#include <sipher/error.hpp>
#include <sipher/error_code.hpp>
#include <sipher/for_each_concurrent.hpp>
#include <sipher/format.hpp>
#include <sipher/json.hpp>
#include <sipher/live_session.hpp>
#include <sipher/observer.hpp>
#include <sipher/quota_source.hpp>
#include <sipher/request_as.hpp>
#include <sipher/request_target.hpp>
#include <sipher/response_info.hpp>
#include <sipher/result.hpp>
#include <sipher/retry_options.hpp>
#include <sipher/secret.hpp>
#include <sipher/session.hpp>
#include <sipher/session_id.hpp>
#include <sipher/session_scope.hpp>
#include <sipher/tls_ticket_store.hpp>
#include <sipher/usage.hpp>
#include <sipher/verb.hpp>
#include <sipher/version.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
