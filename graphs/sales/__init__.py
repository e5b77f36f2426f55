"""The sales department: leads, deals, the pipeline, products, quotes."""

from graphs.sales.deal_list import find_deals
from graphs.sales.deals import move_deal, reschedule_deal
from graphs.sales.leads import find_leads, qualify_lead
from graphs.sales.pipeline import pipeline_report
from graphs.sales.products import search_products
from graphs.sales.quotes import make_quote

TOOLS = [
    find_leads,
    qualify_lead,
    find_deals,
    move_deal,
    reschedule_deal,
    pipeline_report,
    search_products,
    make_quote,
]
