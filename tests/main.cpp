// The one entry point of every Boost.Test executable.
#define BOOST_TEST_MODULE raftsim
#include <boost/test/unit_test.hpp>
